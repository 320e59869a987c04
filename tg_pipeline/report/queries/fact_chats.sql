-- The chats by their newest number, with their newest title; all private chats are one.
SELECT
    CASE WHEN newest.type = 'private' THEN 0 ELSE chats.newest_chat_id END AS chat,
    CASE WHEN newest.type <> 'private' THEN newest.title END AS title,
    min(chats.first_seen_on) AS first_seen_on
FROM chats
INNER JOIN chats AS newest ON chats.newest_chat_id = newest.chat_id
GROUP BY ALL
ORDER BY chat, title
