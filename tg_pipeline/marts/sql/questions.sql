-- All questions, in the order in which they were sent: those that mean the same are grouped.
SELECT
    detected_questions.bot_id,
    detected_questions.is_copy,
    detected_questions.kind,
    detected_questions.business_connection_id,
    detected_questions.chat_id,
    detected_questions.chat_id_then,
    detected_questions.message_id,
    detected_questions.user_id,
    detected_questions.sent_at,
    detected_questions.asked_at,
    detected_questions.text,
    detected_questions.language,
    detected_questions.question,
    answers.answer_digest
FROM detected_questions
LEFT JOIN answers
    ON detected_questions.bot_id = answers.bot_id
    AND detected_questions.kind = answers.kind
    AND coalesce(detected_questions.business_connection_id, '')
    = coalesce(answers.business_connection_id, '')
    AND detected_questions.chat_id_then = answers.chat_id_then
    AND detected_questions.message_id = answers.message_id
    AND answers.is_question
ORDER BY
    detected_questions.sent_at,
    detected_questions.bot_id,
    detected_questions.chat_id,
    detected_questions.message_id,
    detected_questions.kind,
    detected_questions.business_connection_id,
    detected_questions.user_id,
    detected_questions.text
