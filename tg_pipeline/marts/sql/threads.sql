-- What became of each question: the first reply to it, or else what somebody else says next.
WITH said AS (
    SELECT
        messages.*,
        questions.group_id,
        questions.group_name,
        questions.bot_id IS NOT NULL AS is_question,
        -- What replies to a message answers that, a command is for a bot, and who asks does not answer.
        messages.reply_to_message_id IS NULL
        AND messages.command IS NULL
        AND questions.bot_id IS NULL
            AS may_answer_any,
        -- What is said in one place stands together, in its order.
        row_number() OVER (
            ORDER BY
                messages.bot_id,
                messages.kind,
                messages.chat_id,
                messages.topic_id,
                messages.sent_at,
                messages.message_id,
                messages.update_id
        ) AS turn
    FROM messages
    LEFT JOIN questions
        ON messages.bot_id = questions.bot_id
        AND messages.kind = questions.kind
        AND messages.chat_id = questions.chat_id
        AND messages.message_id = questions.message_id
        AND messages.sent_at = questions.sent_at
    WHERE NOT messages.is_service
),

unbidden AS (
    SELECT
        *,
        speaker_id IS DISTINCT FROM lag(speaker_id) OVER (
            PARTITION BY bot_id, kind, chat_id, topic_id ORDER BY turn
        ) AS is_change
    FROM said
    WHERE may_answer_any
),

speeches AS (
    SELECT
        turn,
        speaker_id,
        first_value(CASE WHEN is_change THEN turn END IGNORE NULLS) OVER (
            PARTITION BY bot_id, kind, chat_id, topic_id
            ORDER BY turn
            ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS next_speaker_turn
    FROM unbidden
),

turns AS (
    SELECT
        *,
        first_value(CASE WHEN may_answer_any THEN turn END IGNORE NULLS) OVER (
            PARTITION BY bot_id, kind, chat_id, topic_id
            ORDER BY turn
            ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS next_turn
    FROM said
),

asked AS (
    SELECT * FROM turns WHERE is_question
),

replied AS (
    SELECT asked.turn, min(said.turn) AS answer_turn
    FROM asked
    INNER JOIN said
        ON asked.bot_id = said.bot_id
        AND asked.kind = said.kind
        AND asked.chat_id_then = said.chat_id_then
        AND asked.message_id = said.reply_to_message_id
    WHERE asked.speaker_id IS DISTINCT FROM said.speaker_id
    GROUP BY asked.turn
),

followed AS (
    SELECT asked.turn, said.turn AS answer_turn
    FROM asked
    INNER JOIN speeches ON asked.next_turn = speeches.turn
    INNER JOIN said
        ON said.turn = CASE
            WHEN asked.speaker_id IS DISTINCT FROM speeches.speaker_id THEN speeches.turn
            ELSE speeches.next_speaker_turn
        END
    -- An hour: what is said later than that is mostly about something else.
    WHERE said.sent_at <= asked.sent_at + INTERVAL 1 HOUR
),

answered AS (
    SELECT
        asked.*,
        coalesce(replied.answer_turn, followed.answer_turn) AS answer_turn,
        CASE
            WHEN replied.answer_turn IS NOT NULL THEN 'reply'
            WHEN followed.answer_turn IS NOT NULL THEN 'next'
        END AS answered_through
    FROM asked
    LEFT JOIN replied ON asked.turn = replied.turn
    LEFT JOIN followed ON asked.turn = followed.turn
)

SELECT
    answered.bot_id,
    answered.kind,
    answered.chat_id,
    answered.topic_id,
    answered.message_id,
    answered.user_id,
    answered.sent_at AS asked_at,
    CAST(date_trunc('week', answered.sent_on) AS date) AS week,
    answered.group_id,
    answered.group_name,
    -- In private, and where it is a guest, all that could answer is the bot itself.
    answered.kind = 'business_message'
    OR (answered.kind = 'message' AND answered.chat_type IS DISTINCT FROM 'private')
        AS is_answer_visible,
    answer.message_id AS answer_message_id,
    answer.speaker_id AS answerer_id,
    CASE WHEN answer.is_bot THEN 'bot' WHEN NOT answer.is_bot THEN 'human' END AS answered_by,
    answered.answered_through,
    answer.sent_at AS answered_at,
    date_diff('second', answered.sent_at, answer.sent_at) AS seconds_to_answer
FROM answered
LEFT JOIN said AS answer ON answered.answer_turn = answer.turn
ORDER BY
    answered.bot_id,
    answered.chat_id,
    answered.sent_at,
    answered.message_id,
    answered.kind
