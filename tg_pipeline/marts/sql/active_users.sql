-- People who were active on a day, in the 7 days up to it, and in the 30 days up to it.
WITH active_days AS (
    SELECT DISTINCT user_id, day
    FROM known_active_days
),

-- A person counts from an active day until the window has passed or the next active day begins.
stays AS (
    SELECT day, lead(day) OVER (PARTITION BY user_id ORDER BY day) AS next_day
    FROM active_days
),

changes AS (
    SELECT day, 1 AS daily, 1 AS weekly, 1 AS monthly
    FROM stays
    UNION ALL
    SELECT CAST(day + INTERVAL 1 DAY AS date) AS day, -1 AS daily, 0 AS weekly, 0 AS monthly
    FROM stays
    UNION ALL
    SELECT
        CAST(least(day + INTERVAL 7 DAY, coalesce(next_day, day + INTERVAL 7 DAY)) AS date) AS day,
        0 AS daily,
        -1 AS weekly,
        0 AS monthly
    FROM stays
    UNION ALL
    SELECT
        CAST(least(day + INTERVAL 30 DAY, coalesce(next_day, day + INTERVAL 30 DAY)) AS date) AS day,
        0 AS daily,
        0 AS weekly,
        -1 AS monthly
    FROM stays
),

span AS (
    SELECT min(day) AS first_day, max(day) AS last_day
    FROM active_days
),

-- Every day from the first active one to the last, also those on which nobody was active.
calendar AS (
    SELECT CAST(days.day AS date) AS day, 0 AS daily, 0 AS weekly, 0 AS monthly
    FROM span
    CROSS JOIN UNNEST(generate_series(first_day, last_day, INTERVAL 1 DAY)) AS days (day)
),

net_changes AS (
    SELECT day, sum(daily) AS daily, sum(weekly) AS weekly, sum(monthly) AS monthly
    FROM (
        SELECT * FROM changes
        UNION ALL
        SELECT * FROM calendar
    )
    GROUP BY day
),

totals AS (
    SELECT
        day,
        CAST(sum(daily) OVER up_to_day AS bigint) AS daily_users,
        CAST(sum(weekly) OVER up_to_day AS bigint) AS weekly_users,
        CAST(sum(monthly) OVER up_to_day AS bigint) AS monthly_users
    FROM net_changes
    WINDOW up_to_day AS (ORDER BY day)
)

SELECT
    totals.day,
    totals.daily_users,
    totals.weekly_users,
    totals.monthly_users,
    CAST(totals.daily_users AS double) / nullif(totals.monthly_users, 0) AS stickiness
FROM totals
INNER JOIN span ON totals.day <= span.last_day
ORDER BY totals.day
