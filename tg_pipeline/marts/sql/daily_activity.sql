-- How much is written where, and by how many people.
SELECT
    bot_id,
    chat_id,
    max(chat_type) AS chat_type,
    max(chat_title) AS chat_title,
    count(*) FILTER (WHERE update_type NOT LIKE 'edited_%') AS messages,
    count(*) FILTER (WHERE update_type LIKE 'edited_%') AS edits,
    count(DISTINCT user_id) FILTER (
        -- Whoever speaks for a chat does so through an account that all share.
        WHERE
            sender_chat_id IS NULL
            AND NOT coalesce(user_is_bot, FALSE)
            AND update_type NOT LIKE 'edited_%'
    ) AS users,
    context_date
FROM enriched_updates
WHERE update_type IN (
    'message', 'channel_post', 'business_message', 'guest_message',
    'edited_message', 'edited_channel_post', 'edited_business_message'
)
GROUP BY context_date, bot_id, chat_id
ORDER BY context_date, bot_id, chat_id
