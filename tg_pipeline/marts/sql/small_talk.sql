-- What people wrote to the bot themselves in a month: small talk is looked for among these messages.
SELECT
    bot_id,
    is_copy,
    kind,
    business_connection_id,
    chat_id,
    chat_id_then,
    message_id,
    user_id,
    sent_at,
    is_addressed,
    CASE WHEN command IS NULL THEN text ELSE command_args END AS text
FROM messages
WHERE
    person_id IS NOT NULL
    AND is_written
    AND is_addressed
    AND NOT is_forward
    AND NOT is_from_offline
    AND chat_id IS NOT NULL
    AND message_id <> 0
    AND coalesce(command NOT IN ('start', 'startgroup'), TRUE)
    AND CASE WHEN command IS NULL THEN text ELSE command_args END IS NOT NULL
ORDER BY bot_id, chat_id, sent_at, message_id, kind, business_connection_id
