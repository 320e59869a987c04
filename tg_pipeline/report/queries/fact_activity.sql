-- Messages by day, hour and chat; all private chats are one, with the number 0.
SELECT
    context_date AS day,
    CAST((weekday - 1) * 24 + hour AS bigint) AS slot,
    chat_place(hourly_activity.chat_id) AS chat,
    CAST(sum(messages) AS bigint) AS messages
FROM hourly_activity
WHERE context_date BETWEEN $first AND $last
GROUP BY day, slot, chat
ORDER BY day, slot, chat
