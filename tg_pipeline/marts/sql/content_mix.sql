-- What messages contain: text, photo, voice, …; service messages included.
SELECT
    bot_id,
    chat_id,
    coalesce(content_type, 'unknown') AS content_type,
    count(*) AS messages,
    count(DISTINCT person_id) AS users,
    max(coalesce(migrate_to_chat_id, migrate_from_chat_id)) AS moved_chat_id,
    context_date
FROM enriched_updates
WHERE
    message_kind IS NOT NULL
    AND NOT is_edit
    -- Of the bot itself, only events: what it writes is known only while its calls are recorded.
    AND (is_service OR NOT is_own)
    AND NOT is_copy
GROUP BY context_date, bot_id, chat_id, coalesce(content_type, 'unknown')
ORDER BY context_date, bot_id, chat_id, content_type
