-- What people wrote themselves: among it questions are looked for.
SELECT
    bot_id,
    kind,
    chat_id,
    message_id,
    user_id,
    sent_at,
    CASE WHEN command IS NULL THEN text ELSE command_args END AS text
FROM messages
WHERE
    user_id IS NOT NULL
    AND NOT is_bot
    AND NOT is_forward
    AND chat_id IS NOT NULL
    -- An ephemeral message has no id by which an answer could name it.
    AND message_id > 0
    AND CASE WHEN command IS NULL THEN text ELSE command_args END IS NOT NULL
ORDER BY bot_id, chat_id, sent_at, message_id, kind
