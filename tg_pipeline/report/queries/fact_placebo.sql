-- By day and chat, outside of private chats with the bot: single questions, and messages that are
-- not questions (the placebo), with how many of each the same rule finds an answer to.
SELECT
    CAST(asked_at AT TIME ZONE $timezone AS date) AS day,
    chat_place(answers.chat_id) AS chat,
    count(*) FILTER (WHERE is_question) AS singles,
    count(*) FILTER (WHERE is_question AND outcome = 'answered')
        AS answered_singles,
    count(*) FILTER (WHERE NOT is_question) AS placebos,
    count(*) FILTER (WHERE NOT is_question AND outcome = 'answered')
        AS answered_placebos
FROM answers
WHERE
    NOT is_copy
    AND NOT is_private
    AND outcome <> 'unseen'
    AND asked_at >= $begin AND asked_at < $end
GROUP BY day, chat
ORDER BY day, chat
