-- By day and chat, outside of private chats with the bot: single questions, and messages that are
-- not questions (the placebo), with how many of each the same rule finds an answer to.
SELECT
    CAST(answers.asked_at AT TIME ZONE $timezone AS date) AS day,
    CASE
        WHEN chats.type = 'private' THEN 0
        ELSE coalesce(chats.newest_chat_id, answers.chat_id, 0)
    END AS chat,
    count(*) FILTER (WHERE answers.is_question) AS singles,
    count(*) FILTER (WHERE answers.is_question AND answers.outcome = 'answered')
        AS answered_singles,
    count(*) FILTER (WHERE NOT answers.is_question) AS placebos,
    count(*) FILTER (WHERE NOT answers.is_question AND answers.outcome = 'answered')
        AS answered_placebos
FROM answers
LEFT JOIN chats ON answers.chat_id = chats.chat_id
WHERE
    NOT answers.is_copy
    AND NOT answers.is_private
    AND answers.outcome <> 'unseen'
    AND answers.asked_at >= $begin AND answers.asked_at < $end
GROUP BY day, chat
ORDER BY day, chat
