-- Greetings, thanks and other small talk to the bot by local day, chat and person; all private chats
-- are one.
SELECT
    CAST(sent_at AT TIME ZONE $timezone AS date) AS day,
    chat_place(small_talk.chat_id) AS chat,
    user_id AS person,
    count(*) AS messages
FROM small_talk
WHERE NOT is_copy AND sent_at >= $begin AND sent_at < $end
GROUP BY day, chat, person
ORDER BY day, chat, person
