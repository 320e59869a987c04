-- Each day of the period, days without activity included.
WITH days AS (
    SELECT CAST(days.day AS date) AS day
    FROM UNNEST(generate_series($first, $last, INTERVAL 1 DAY)) AS days (day)
),

written AS (
    SELECT context_date AS day, sum(messages) AS messages
    FROM daily_activity
    GROUP BY context_date
)

SELECT
    days.day,
    CAST(coalesce(written.messages, 0) AS bigint) AS messages,
    coalesce(active_users.daily_users, 0) AS users,
    coalesce(active_users.weekly_users, 0) AS weekly_users,
    coalesce(active_users.monthly_users, 0) AS monthly_users
FROM days
LEFT JOIN written ON days.day = written.day
LEFT JOIN active_users ON days.day = active_users.day
ORDER BY days.day
