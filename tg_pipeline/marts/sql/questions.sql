-- All questions, in the order in which they were sent: those that mean the same are grouped.
SELECT
    bot_id,
    is_copy,
    kind,
    business_connection_id,
    chat_id,
    chat_id_then,
    message_id,
    user_id,
    sent_at,
    asked_at,
    text,
    language,
    question
FROM detected_questions
ORDER BY
    sent_at, bot_id, chat_id, message_id, kind, business_connection_id, user_id, text
