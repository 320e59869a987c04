-- The bots that received updates in a month, with the newest names in it.
WITH received AS (
    SELECT
        bot_id,
        min(context_date) FILTER (WHERE origin = 'update') AS first_update_on,
        max(context_date) FILTER (WHERE origin = 'update') AS last_update_on,
        count(*) FILTER (WHERE origin = 'update') AS updates
    FROM enriched_updates
    GROUP BY bot_id
),

-- Updates name the bot where its own membership changes, and where somebody replies to it.
named AS (
    SELECT
        bot_id,
        member_username AS username,
        member_first_name AS first_name,
        coalesce(event_at, received_at) AS seen_at
    FROM enriched_updates
    WHERE update_type = 'my_chat_member' AND member_user_id = bot_id
    UNION ALL
    SELECT
        bot_id,
        reply_to_username AS username,
        NULL AS first_name,
        coalesce(event_at, received_at) AS seen_at
    FROM enriched_updates
    WHERE reply_to_user_id = bot_id AND reply_to_username IS NOT NULL
),

newest AS (
    SELECT
        bot_id,
        max({'at': seen_at, 'name': username}) FILTER (WHERE username IS NOT NULL) AS username,
        max({'at': seen_at, 'name': first_name}) FILTER (WHERE first_name IS NOT NULL)
            AS first_name
    FROM named
    GROUP BY bot_id
)

SELECT
    received.bot_id,
    newest.username.name AS username,
    newest.username.at AS username_at,
    newest.first_name.name AS first_name,
    newest.first_name.at AS first_name_at,
    received.first_update_on,
    received.last_update_on,
    received.updates
FROM received
LEFT JOIN newest ON received.bot_id = newest.bot_id
ORDER BY received.bot_id
