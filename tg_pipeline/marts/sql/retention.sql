-- Of those who came in a week: how many came back one week later, two weeks later, ….
WITH active_weeks AS (
    SELECT DISTINCT bot_id, user_id, CAST(date_trunc('week', context_date) AS date) AS week
    FROM user_activity
    WHERE NOT is_bot
),

first_weeks AS (
    SELECT bot_id, user_id, min(week) AS cohort_week
    FROM active_weeks
    GROUP BY bot_id, user_id
),

cohorts AS (
    SELECT bot_id, cohort_week, count(*) AS cohort_size
    FROM first_weeks
    GROUP BY bot_id, cohort_week
),

last_weeks AS (
    SELECT bot_id, max(week) AS last_week
    FROM active_weeks
    GROUP BY bot_id
),

-- Every week from a cohort's first to the last of all, also those in which nobody came back.
calendar AS (
    SELECT cohorts.bot_id, cohorts.cohort_week, cohorts.cohort_size, CAST(weeks.week AS date) AS week
    FROM cohorts
    INNER JOIN last_weeks ON cohorts.bot_id = last_weeks.bot_id
    CROSS JOIN UNNEST(generate_series(cohort_week, last_week, INTERVAL 7 DAY)) AS weeks (week)
),

came_back AS (
    SELECT first_weeks.bot_id, first_weeks.cohort_week, active_weeks.week, count(*) AS returned
    FROM first_weeks
    INNER JOIN active_weeks
        ON first_weeks.bot_id = active_weeks.bot_id AND first_weeks.user_id = active_weeks.user_id
    GROUP BY first_weeks.bot_id, first_weeks.cohort_week, active_weeks.week
)

SELECT
    calendar.bot_id,
    calendar.cohort_week,
    calendar.cohort_size,
    date_diff('week', calendar.cohort_week, calendar.week) AS week_offset,
    coalesce(came_back.returned, 0) AS returned,
    CAST(coalesce(came_back.returned, 0) AS double) / calendar.cohort_size AS share
FROM calendar
LEFT JOIN came_back
    ON calendar.bot_id = came_back.bot_id
    AND calendar.cohort_week = came_back.cohort_week
    AND calendar.week = came_back.week
ORDER BY calendar.bot_id, calendar.cohort_week, calendar.week
