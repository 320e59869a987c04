-- The chats by their newest number, with their newest title; all private chats are one.
SELECT
    chat_place(chats.chat_id) AS chat,
    arg_max(title, (chat_id = newest_chat_id, last_seen_on)) FILTER (WHERE chat_id < 0) AS title,
    min(first_seen_on) AS first_seen_on
FROM chats
GROUP BY chat
ORDER BY chat
