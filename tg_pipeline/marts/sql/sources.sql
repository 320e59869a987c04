-- Where people come from: the payload of their first /start, and whether they return.
WITH starts AS (
    SELECT
        bot_id,
        user_id,
        arg_min(source, (started_at, day)) AS source,
        arg_min(day, (started_at, day)) AS day
    FROM known_starts
    GROUP BY bot_id, user_id
),

last_days AS (
    SELECT bot_id, max(day) AS last_day
    FROM known_active_days
    GROUP BY bot_id
),

people AS (
    SELECT
        starts.bot_id,
        starts.user_id,
        starts.source,
        starts.day,
        coalesce(bool_or(active.day < starts.day), FALSE) AS was_there,
        coalesce(bool_or(active.day >= starts.day + 7), FALSE) AS returned_7,
        coalesce(bool_or(active.day >= starts.day + 28), FALSE) AS returned_28,
        coalesce(max(last_days.last_day) >= starts.day + 7, FALSE) AS is_eligible_7,
        coalesce(max(last_days.last_day) >= starts.day + 28, FALSE) AS is_eligible_28
    FROM starts
    LEFT JOIN known_active_days AS active
        ON starts.bot_id = active.bot_id AND starts.user_id = active.user_id
    LEFT JOIN last_days ON starts.bot_id = last_days.bot_id
    GROUP BY starts.bot_id, starts.user_id, starts.source, starts.day
)

SELECT
    bot_id,
    day,
    nullif(source, '') AS source,
    count(*) AS users,
    count(*) FILTER (WHERE NOT was_there) AS new_users,
    count(*) FILTER (WHERE NOT was_there AND is_eligible_7) AS eligible_7,
    count(*) FILTER (WHERE NOT was_there AND is_eligible_7 AND returned_7) AS returned_7,
    count(*) FILTER (WHERE NOT was_there AND is_eligible_28) AS eligible_28,
    count(*) FILTER (WHERE NOT was_there AND is_eligible_28 AND returned_28) AS returned_28
FROM people
GROUP BY bot_id, day, source
ORDER BY bot_id, day, source
