-- The retention of the latest weekly cohorts; a week counts once it is over.
SELECT
    cohort_week AS cohort,
    cohort_size AS size,
    week_offset,
    returned
FROM retention
WHERE
    cohort_week + to_days(7 * CAST(week_offset AS integer) + 6) <= $last_over
    AND cohort_week >= date_trunc('week', $last) - to_days(7 * $shown)
    AND week_offset <= $shown
ORDER BY cohort_week, week_offset
