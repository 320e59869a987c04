-- Every bot whose updates are in the lake, with its name as far as it is known.
WITH received AS (
    SELECT
        bot_id,
        min(context_date) AS first_update_on,
        max(context_date) AS last_update_on,
        count(*) AS updates
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
        arg_max(username, (seen_at, username)) AS username,
        arg_max(first_name, (seen_at, first_name)) AS first_name
    FROM named
    GROUP BY bot_id
)

SELECT
    received.bot_id,
    coalesce(
        json_extract_string($bot_usernames, '$.' || CAST(received.bot_id AS varchar)),
        lower(newest.username)
    ) AS username,
    newest.first_name,
    received.first_update_on,
    received.last_update_on,
    received.updates
FROM received
LEFT JOIN newest ON received.bot_id = newest.bot_id
ORDER BY received.bot_id
