-- The retention of the latest weekly cohorts; a week counts once it is over.
WITH cohorts AS (
    SELECT
        cohort_week AS cohort,
        week_offset,
        CAST(sum(cohort_size) AS bigint) AS size,
        CAST(sum(returned) AS bigint) AS returned
    FROM retention
    WHERE cohort_week + to_days(7 * CAST(week_offset AS integer) + 6) <= $last
    GROUP BY cohort_week, week_offset
)

SELECT cohort, size, week_offset, returned
FROM cohorts
WHERE
    cohort >= date_trunc('week', $last) - to_days(7 * $shown)
    AND week_offset <= $shown
ORDER BY cohort, week_offset
