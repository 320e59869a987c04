-- What became of the issues of the period outside of private chats with the bot, by the week in which they were opened.
SELECT
    week,
    count(*) FILTER (WHERE outcome = 'answered' AND answered_by = 'bot') AS answered_by_bot,
    count(*) FILTER (WHERE outcome = 'answered' AND answered_by <> 'bot') AS answered_by_people,
    count(*) FILTER (WHERE outcome = 'unknown') AS unknown,
    count(*) FILTER (WHERE outcome = 'unanswered') AS unanswered,
    count(*) FILTER (WHERE outcome = 'unseen') AS unseen,
    count(*) FILTER (WHERE outcome = 'answered' AND is_thanked) AS thanked,
    count(*) FILTER (WHERE outcome <> 'unseen' AND is_asked_again) AS asked_again
FROM threads
WHERE
    is_issue_start
    AND NOT is_copy
    AND NOT (is_private AND is_answer_visible)
    AND asked_at >= $begin AND asked_at < $end
GROUP BY week
ORDER BY week
