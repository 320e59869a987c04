-- Of the people who came in a week: how many were active one week later, two weeks later, ….
WITH active_days AS (
    SELECT user_id, bot_id, chat_id, day AS context_date, is_history
    FROM known_active_days
),

first_days AS (
    SELECT user_id, min(context_date) AS first_day
    FROM active_days
    GROUP BY user_id
),

-- The first day in the data of a group, under all the ids that it had. Updates may be kept for a
-- shorter time than daily marts, so only these tell it.
group_starts AS (
    SELECT
        days.chat_id,
        min(min(days.day)) OVER (
            PARTITION BY coalesce(chats.newest_chat_id, days.chat_id)
        ) AS first_day
    FROM (
        SELECT chat_id, context_date AS day
        FROM active_days
        UNION ALL
        SELECT chat_id, first_day AS day
        FROM known_groups
    ) AS days
    LEFT JOIN chats ON days.chat_id = chats.chat_id
    WHERE days.chat_id < 0
    GROUP BY days.chat_id, chats.newest_chat_id
),

-- The imported history of one private chat does not tell who was in others.
bot_starts AS (
    SELECT
        bot_id,
        coalesce(min(context_date) FILTER (WHERE NOT is_history), min(context_date)) AS first_day
    FROM active_days
    GROUP BY bot_id
),

-- The data can't tell whether a person was there before it begins. Whoever is active in the first
-- 7 days of a group's data, or outside of groups in the first 7 days with the bot, is taken for such
-- a one.
earlier_people AS (
    SELECT DISTINCT first_days.user_id
    FROM first_days
    INNER JOIN active_days
        ON first_days.user_id = active_days.user_id AND first_days.first_day = active_days.context_date
    INNER JOIN bot_starts ON active_days.bot_id = bot_starts.bot_id
    LEFT JOIN group_starts ON active_days.chat_id = group_starts.chat_id
    WHERE first_days.first_day < coalesce(group_starts.first_day, bot_starts.first_day) + INTERVAL 7 DAY
),

active_weeks AS (
    SELECT DISTINCT
        active_days.user_id,
        CAST(date_trunc('week', first_days.first_day) AS date) AS cohort_week,
        CAST(date_trunc('week', active_days.context_date) AS date) AS week
    FROM active_days
    INNER JOIN first_days ON active_days.user_id = first_days.user_id
    LEFT JOIN earlier_people ON active_days.user_id = earlier_people.user_id
    WHERE earlier_people.user_id IS NULL
),

came_back AS (
    SELECT cohort_week, week, count(*) AS returned
    FROM active_weeks
    GROUP BY cohort_week, week
),

last_weeks AS (
    SELECT CAST(date_trunc('week', max(context_date)) AS date) AS last_week
    FROM active_days
),

-- Every week from a cohort's first to the last of all, also those in which nobody came back.
calendar AS (
    SELECT came_back.cohort_week, came_back.returned AS cohort_size, CAST(weeks.week AS date) AS week
    FROM came_back
    CROSS JOIN last_weeks
    CROSS JOIN UNNEST(generate_series(cohort_week, last_week, INTERVAL 7 DAY)) AS weeks (week)
    WHERE came_back.week = came_back.cohort_week
)

SELECT
    calendar.cohort_week,
    calendar.cohort_size,
    date_diff('week', calendar.cohort_week, calendar.week) AS week_offset,
    coalesce(came_back.returned, 0) AS returned,
    CAST(coalesce(came_back.returned, 0) AS double) / calendar.cohort_size AS share
FROM calendar
LEFT JOIN came_back
    ON calendar.cohort_week = came_back.cohort_week AND calendar.week = came_back.week
ORDER BY calendar.cohort_week, calendar.week
