-- Each question with its local day and hour, chat, person, topic, group and wording; all private
-- chats are one.
SELECT
    CAST(questions.sent_at AT TIME ZONE $timezone AS date) AS day,
    CAST(
        (isodow(questions.sent_at AT TIME ZONE $timezone) - 1) * 24
        + extract(HOUR FROM questions.sent_at AT TIME ZONE $timezone) AS bigint
    ) AS slot,
    CASE
        WHEN chats.type = 'private' THEN 0
        ELSE coalesce(chats.newest_chat_id, questions.chat_id, 0)
    END AS chat,
    questions.user_id AS person,
    questions.bot_id,
    questions.topic_id,
    questions.topic_name,
    questions.group_id,
    questions.group_name,
    questions.text,
    questions.language
FROM questions
LEFT JOIN chats ON questions.chat_id = chats.chat_id
WHERE NOT questions.is_copy AND questions.sent_at >= $begin AND questions.sent_at < $end
ORDER BY questions.sent_at, questions.bot_id, questions.chat_id, questions.message_id
