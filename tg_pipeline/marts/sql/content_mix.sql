-- What messages hold: text, photo, voice, ….
SELECT
    bot_id,
    chat_id,
    coalesce(content_type, 'unknown') AS content_type,
    count(*) AS messages,
    count(DISTINCT user_id) FILTER (
        WHERE sender_chat_id IS NULL AND NOT coalesce(user_is_bot, FALSE)
    ) AS users,
    context_date
FROM enriched_updates
WHERE update_type IN ('message', 'channel_post', 'business_message', 'guest_message')
GROUP BY context_date, bot_id, chat_id, coalesce(content_type, 'unknown')
ORDER BY context_date, bot_id, chat_id, content_type
