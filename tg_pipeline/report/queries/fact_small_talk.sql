-- Greetings, thanks and other small talk to the bot by local day, chat and person; all private chats
-- are one.
SELECT
    CAST(small_talk.sent_at AT TIME ZONE $timezone AS date) AS day,
    CASE
        WHEN chats.type = 'private' THEN 0
        ELSE coalesce(chats.newest_chat_id, small_talk.chat_id, 0)
    END AS chat,
    small_talk.user_id AS person,
    count(*) AS messages
FROM small_talk
LEFT JOIN chats ON small_talk.chat_id = chats.chat_id
WHERE NOT small_talk.is_copy AND small_talk.sent_at >= $begin AND small_talk.sent_at < $end
GROUP BY day, chat, person
ORDER BY day, chat, person
