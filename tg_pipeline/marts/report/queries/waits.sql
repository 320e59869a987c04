-- Waits in seconds: in the period as a whole, where week is null, and in each week that it touches.
-- From the single waits, since the medians of several bots do not add up to one.
WITH waits AS (
    SELECT
        threads.week,
        answerers.answered_by,
        threads.seconds_to_answer AS seconds,
        CAST(threads.asked_at AT TIME ZONE $timezone AS date) BETWEEN $first AND $last AS is_within
    FROM threads
    INNER JOIN (VALUES ('anyone'), ('bot'), ('human')) AS answerers (answered_by)
        ON answerers.answered_by IN ('anyone', threads.answered_by)
    WHERE
        threads.is_answer_visible
        AND threads.seconds_to_answer IS NOT NULL
        AND threads.week BETWEEN date_trunc('week', $first) AND $last
),

periods AS (
    SELECT NULL AS week, answered_by, seconds
    FROM waits
    WHERE is_within
    UNION ALL
    SELECT week, answered_by, seconds
    FROM waits
)

SELECT
    week,
    answered_by,
    count(*) AS answered,
    quantile_cont(seconds, 0.5) AS median_seconds,
    quantile_cont(seconds, 0.9) AS p90_seconds
FROM periods
GROUP BY week, answered_by
ORDER BY week NULLS FIRST, answered_by
