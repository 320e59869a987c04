-- Each issue with its local day, chat, person, topic and outcome; all private chats are one.
SELECT
    CAST(threads.asked_at AT TIME ZONE $timezone AS date) AS day,
    chat_place(threads.chat_id) AS chat,
    threads.user_id AS person,
    threads.bot_id,
    questions.topic_id,
    threads.is_private,
    CASE
        WHEN threads.is_fallback THEN 'fallback'
        WHEN threads.outcome = 'answered' AND threads.answered_by = 'bot' THEN 'bot'
        WHEN threads.outcome = 'answered' THEN 'people'
        ELSE threads.outcome
    END AS outcome,
    threads.is_asked_again,
    threads.seconds_to_answer
FROM threads
LEFT JOIN questions
    ON threads.bot_id = questions.bot_id
    AND threads.kind = questions.kind
    AND threads.business_connection_id IS NOT DISTINCT FROM questions.business_connection_id
    AND threads.chat_id_then = questions.chat_id_then
    AND threads.message_id = questions.message_id
WHERE
    threads.is_issue_start
    AND NOT threads.is_copy
    AND threads.asked_at >= $begin AND threads.asked_at < $end
ORDER BY threads.asked_at, threads.bot_id, threads.chat_id, threads.message_id
