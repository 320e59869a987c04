-- All questions, in the order in which they were sent: those that mean the same are grouped.
WITH answered AS (
    SELECT
        answers.bot_id,
        answers.kind,
        coalesce(answers.business_connection_id, '') AS connection,
        answers.chat_id_then,
        answers.message_id,
        -- In a private chat, it is all that the bot said. A text that names the person is the same
        -- for all of them.
        min(
            replace(
                coalesce(array_to_string(answers.own_texts, chr(10)), messages.text),
                coalesce(nullif(users.first_name, ''), chr(0)),
                '…'
            )
        ) AS answer
    FROM answers
    LEFT JOIN messages
        ON answers.kind = messages.kind
        AND answers.answer_chat_id = messages.chat_id_then
        AND answers.answer_message_id = messages.message_id
        AND coalesce(answers.business_connection_id, '')
        = coalesce(messages.business_connection_id, '')
        -- What any bot received of a supergroup may answer what another one received.
        AND (answers.chat_id < -1000000000000 OR answers.bot_id = messages.bot_id)
    LEFT JOIN users ON answers.user_id = users.user_id
    WHERE answers.is_question AND answers.outcome = 'answered'
    GROUP BY ALL
)

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
    answered.answer
FROM detected_questions
LEFT JOIN answered
    ON detected_questions.bot_id = answered.bot_id
    AND detected_questions.kind = answered.kind
    AND coalesce(detected_questions.business_connection_id, '') = answered.connection
    AND detected_questions.chat_id_then = answered.chat_id_then
    AND detected_questions.message_id = answered.message_id
ORDER BY
    detected_questions.sent_at,
    detected_questions.bot_id,
    detected_questions.chat_id,
    detected_questions.message_id,
    detected_questions.kind,
    detected_questions.business_connection_id,
    detected_questions.user_id,
    detected_questions.text
