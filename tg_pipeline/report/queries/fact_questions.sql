-- Each question with its local day and hour, chat, person, topic, group and wording; all private
-- chats are one.
SELECT
    CAST(sent_at AT TIME ZONE $timezone AS date) AS day,
    CAST(
        (isodow(sent_at AT TIME ZONE $timezone) - 1) * 24
        + extract(HOUR FROM sent_at AT TIME ZONE $timezone) AS bigint
    ) AS slot,
    chat_place(questions.chat_id) AS chat,
    user_id AS person,
    bot_id,
    topic_id,
    topic_name,
    group_id,
    group_name,
    text,
    language
FROM questions
WHERE NOT is_copy AND sent_at >= $begin AND sent_at < $end
ORDER BY sent_at, bot_id, chat_id, message_id
