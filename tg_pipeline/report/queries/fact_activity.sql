-- Messages by day, hour and chat; all private chats are one, with the number 0.
SELECT
    hourly_activity.context_date AS day,
    CAST((hourly_activity.weekday - 1) * 24 + hourly_activity.hour AS bigint) AS slot,
    CASE
        WHEN chats.type = 'private' THEN 0
        ELSE coalesce(chats.newest_chat_id, hourly_activity.chat_id, 0)
    END AS chat,
    CAST(sum(hourly_activity.messages) AS bigint) AS messages
FROM hourly_activity
LEFT JOIN chats ON hourly_activity.chat_id = chats.chat_id
WHERE hourly_activity.context_date BETWEEN $first AND $last
GROUP BY day, slot, chat
ORDER BY day, slot, chat
