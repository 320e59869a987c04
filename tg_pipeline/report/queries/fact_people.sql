-- Messages by day, chat and person, of people who were active; all private chats are one.
SELECT
    user_activity.context_date AS day,
    CASE
        WHEN chats.type = 'private' THEN 0
        ELSE coalesce(chats.newest_chat_id, user_activity.chat_id, 0)
    END AS chat,
    user_activity.user_id AS person,
    CAST(sum(user_activity.messages) AS bigint) AS messages
FROM user_activity
LEFT JOIN chats ON user_activity.chat_id = chats.chat_id
WHERE
    NOT user_activity.is_bot
    AND user_activity.actions > 0
    AND user_activity.context_date BETWEEN $first AND $last
GROUP BY day, chat, person
ORDER BY day, chat, person
