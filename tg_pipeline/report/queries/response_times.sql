-- Response times in seconds: of the whole period (week is null), and of each week that has a day in
-- it. They come from single questions, since medians of several bots can't be combined.
WITH times AS (
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
    FROM times
    WHERE is_within
    UNION ALL
    SELECT week, answered_by, seconds
    FROM times
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
