-- Messages by day, chat and person, of people who were active; all private chats are one. Inline
-- queries and votes have no chat.
SELECT
    context_date AS day,
    chat_place(user_activity.chat_id) AS chat,
    user_id AS person,
    CAST(sum(messages) AS bigint) AS messages
FROM user_activity
WHERE
    NOT is_bot
    AND actions > 0
    AND chat_id IS NOT NULL
    AND context_date BETWEEN $first AND $last
GROUP BY day, chat, person
ORDER BY day, chat, person
