-- How long people wait for an answer, week by week: by anyone, by a bot, by a human.
WITH waits AS (
    SELECT
        threads.bot_id,
        threads.week,
        answerers.answered_by,
        CASE
            WHEN answerers.answered_by IN ('anyone', threads.answered_by)
                THEN threads.seconds_to_answer
        END AS seconds
    FROM threads
    CROSS JOIN (VALUES ('anyone'), ('bot'), ('human')) AS answerers (answered_by)
    WHERE threads.is_answer_visible
)

SELECT
    bot_id,
    week,
    answered_by,
    count(*) AS questions,
    count(seconds) AS answered,
    CAST(count(*) - count(seconds) AS double) / count(*) AS unanswered_share,
    quantile_cont(seconds, 0.5) AS median_seconds,
    quantile_cont(seconds, 0.9) AS p90_seconds
FROM waits
GROUP BY bot_id, week, answered_by
ORDER BY bot_id, week, answered_by
