-- What messages contain: text, photo, voice, …; service messages included.
SELECT
    bot_id,
    chat_id,
    coalesce(content_type, 'unknown') AS content_type,
    count(*) AS messages,
    count(DISTINCT person_id) AS users,
    context_date
FROM enriched_updates
WHERE
    update_type IN ('message', 'channel_post', 'business_message', 'guest_message')
    AND NOT is_copy
GROUP BY context_date, bot_id, chat_id, coalesce(content_type, 'unknown')
ORDER BY context_date, bot_id, chat_id, content_type
