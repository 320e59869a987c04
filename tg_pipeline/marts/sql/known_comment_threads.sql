-- The threads below a channel's posts that a month tells of: the post is in the data, or a message
-- of the thread replies to it.
SELECT bot_id, chat_id, message_id
FROM enriched_updates
WHERE
    message_kind IS NOT NULL
    AND is_automatic_forward
    AND chat_id IS NOT NULL
    AND message_id IS NOT NULL
UNION
SELECT bot_id, chat_id, message_thread_id AS message_id
FROM enriched_updates
WHERE
    message_kind IS NOT NULL
    AND reply_to_is_automatic_forward
    AND reply_to_message_id = message_thread_id
    AND chat_id IS NOT NULL
ORDER BY bot_id, chat_id, message_id
