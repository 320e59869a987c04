-- Seconds from the first question of an issue outside of private chats to its answer: in the whole period (week is null), and
-- in each week of it. They come from single issues, since medians can't be combined.
WITH times AS (
    SELECT
        threads.week,
        answerers.answered_by,
        threads.seconds_to_answer AS seconds
    FROM threads
    INNER JOIN (VALUES ('anyone'), ('bot'), ('human')) AS answerers (answered_by)
        ON answerers.answered_by IN ('anyone', threads.answered_by)
    WHERE
        threads.is_issue_start
        AND NOT threads.is_copy
        AND NOT threads.is_private
        AND threads.outcome = 'answered'
        AND threads.asked_at >= $begin AND threads.asked_at < $end
)

SELECT
    week,
    answered_by,
    count(*) AS answered,
    quantile_cont(seconds, 0.5) AS median_seconds,
    quantile_cont(seconds, 0.9) AS p90_seconds
FROM times
GROUP BY GROUPING SETS ((answered_by), (week, answered_by))
ORDER BY week NULLS FIRST, answered_by
