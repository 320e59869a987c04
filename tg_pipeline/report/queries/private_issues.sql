-- What became of the issues of the period in private chats with the bot: in all (week is null), and
-- by the week in which they were opened.
SELECT
    week,
    count(*) FILTER (WHERE outcome = 'answered' AND NOT is_asked_again) AS contained,
    count(*) FILTER (WHERE outcome = 'answered' AND is_asked_again) AS asked_again,
    count(*) FILTER (WHERE is_fallback) AS fallback,
    count(*) FILTER (WHERE outcome = 'unanswered' AND NOT is_fallback) AS silent,
    count(*) FILTER (WHERE outcome = 'unknown') AS unknown,
    count(*) FILTER (WHERE outcome = 'unseen') AS unseen,
    quantile_cont(seconds_to_answer, 0.5) FILTER (WHERE outcome = 'answered') AS median_seconds
FROM threads
WHERE
    is_issue_start
    AND is_private
    AND asked_at >= $begin AND asked_at < $end
GROUP BY GROUPING SETS ((), (week))
ORDER BY week NULLS FIRST
