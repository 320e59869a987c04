-- People who did anything: on a day, in the 7 days up to it, and in the 30 days up to it.
WITH active_days AS (
    SELECT DISTINCT bot_id, user_id, context_date AS day
    FROM user_activity
    WHERE NOT is_bot
),

-- Someone counts as active from a day on until the window has passed or the next active day comes.
stays AS (
    SELECT bot_id, day, lead(day) OVER (PARTITION BY bot_id, user_id ORDER BY day) AS next_day
    FROM active_days
),

changes AS (
    SELECT bot_id, day, 1 AS daily, 1 AS weekly, 1 AS monthly
    FROM stays
    UNION ALL
    SELECT bot_id, CAST(day + INTERVAL 1 DAY AS date) AS day, -1 AS daily, 0 AS weekly, 0 AS monthly
    FROM stays
    UNION ALL
    SELECT
        bot_id,
        CAST(least(day + INTERVAL 7 DAY, coalesce(next_day, day + INTERVAL 7 DAY)) AS date) AS day,
        0 AS daily,
        -1 AS weekly,
        0 AS monthly
    FROM stays
    UNION ALL
    SELECT
        bot_id,
        CAST(least(day + INTERVAL 30 DAY, coalesce(next_day, day + INTERVAL 30 DAY)) AS date) AS day,
        0 AS daily,
        0 AS weekly,
        -1 AS monthly
    FROM stays
),

spans AS (
    SELECT bot_id, min(day) AS first_day, max(day) AS last_day
    FROM active_days
    GROUP BY bot_id
),

-- Every day from the first active one to the last, also those on which nobody did anything.
calendar AS (
    SELECT spans.bot_id, CAST(days.day AS date) AS day, 0 AS daily, 0 AS weekly, 0 AS monthly
    FROM spans
    CROSS JOIN UNNEST(generate_series(first_day, last_day, INTERVAL 1 DAY)) AS days (day)
),

net_changes AS (
    SELECT bot_id, day, sum(daily) AS daily, sum(weekly) AS weekly, sum(monthly) AS monthly
    FROM (
        SELECT * FROM changes
        UNION ALL
        SELECT * FROM calendar
    )
    GROUP BY bot_id, day
),

totals AS (
    SELECT
        bot_id,
        day,
        CAST(sum(daily) OVER up_to_day AS bigint) AS daily_users,
        CAST(sum(weekly) OVER up_to_day AS bigint) AS weekly_users,
        CAST(sum(monthly) OVER up_to_day AS bigint) AS monthly_users
    FROM net_changes
    WINDOW up_to_day AS (PARTITION BY bot_id ORDER BY day)
)

SELECT
    totals.bot_id,
    totals.day,
    totals.daily_users,
    totals.weekly_users,
    totals.monthly_users,
    CAST(totals.daily_users AS double) / nullif(totals.monthly_users, 0) AS stickiness
FROM totals
INNER JOIN spans ON totals.bot_id = spans.bot_id AND totals.day <= spans.last_day
ORDER BY totals.bot_id, totals.day
