-- What people wrote themselves in a month: questions are looked for among these messages.
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
    edited_at,
    reply_to_message_id,
    CASE WHEN command IS NULL THEN text ELSE command_args END AS text,
    -- Without the command that it began with.
    regexp_replace(first_text, '^/\w+(@\w+)?\s*', '') AS first_text
FROM messages
WHERE
    person_id IS NOT NULL
    AND is_written
    AND NOT is_forward
    AND NOT is_from_offline
    AND chat_id IS NOT NULL
    -- An ephemeral message has no id that an answer could refer to.
    AND message_id <> 0
    AND CASE WHEN command IS NULL THEN text ELSE command_args END IS NOT NULL
ORDER BY bot_id, chat_id, sent_at, message_id, kind, business_connection_id
