-- Each day of the period, days without activity included.
WITH days AS (
    SELECT CAST(days.day AS date) AS day
    FROM UNNEST(generate_series($first, $last, INTERVAL 1 DAY)) AS days (day)
),

written AS (
    SELECT context_date AS day, sum(messages) AS messages
    FROM daily_activity
    GROUP BY context_date
),

people AS (
    SELECT
        day,
        sum(daily_users) AS daily_users,
        sum(weekly_users) AS weekly_users,
        sum(monthly_users) AS monthly_users
    FROM active_users
    GROUP BY day
)

SELECT
    days.day,
    CAST(coalesce(written.messages, 0) AS bigint) AS messages,
    CAST(coalesce(people.daily_users, 0) AS bigint) AS users,
    CAST(coalesce(people.weekly_users, 0) AS bigint) AS weekly_users,
    CAST(coalesce(people.monthly_users, 0) AS bigint) AS monthly_users
FROM days
LEFT JOIN written ON days.day = written.day
LEFT JOIN people ON days.day = people.day
ORDER BY days.day
