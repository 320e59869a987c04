-- Whether questions are resolved, week by week and, where week is null, in all.
WITH asked AS (
    SELECT
        *,
        lead(asked_at) OVER (
            PARTITION BY bot_id, user_id, group_id
            ORDER BY asked_at, chat_id, message_id, kind
        ) AS next_asked_at
    FROM threads
),

thanks AS (
    SELECT messages.*
    FROM messages
    LEFT JOIN threads
        ON messages.bot_id = threads.bot_id
        AND messages.kind = threads.kind
        AND messages.chat_id = threads.chat_id
        AND messages.message_id = threads.message_id
        AND messages.sent_at = threads.asked_at
    WHERE
        -- Portuguese, English and Spanish.
        regexp_matches(
            lower(messages.text),
            '\b(obrigad[oa]s?|brigad[oa]|agradeço|agradecid[oa]s?|valeu|vlw|'
            || 'thanks|thank you|thx|ty|gracias|agradezco)\b'
        )
        -- A question may end with thanks in advance.
        AND threads.bot_id IS NULL
),

answers_and_thanks AS (
    SELECT
        bot_id, kind, chat_id, topic_id, user_id, message_id, asked_at,
        answered_at AS happened_at,
        FALSE AS is_thanks
    FROM asked
    WHERE answered_at IS NOT NULL
    UNION ALL
    SELECT
        bot_id, kind, chat_id, topic_id, user_id, message_id, NULL AS asked_at,
        sent_at AS happened_at,
        TRUE AS is_thanks
    FROM thanks
),

followed AS (
    SELECT
        *,
        min(CASE WHEN is_thanks THEN happened_at END) OVER (
            PARTITION BY bot_id, kind, chat_id, topic_id, user_id
            ORDER BY happened_at, is_thanks, message_id
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS thanked_at
    FROM answers_and_thanks
),

judged AS (
    SELECT
        asked.bot_id,
        asked.week,
        asked.is_answer_visible,
        asked.answered_by,
        asked.answered_through,
        -- An hour: later thanks are mostly for something else.
        coalesce(followed.thanked_at <= asked.answered_at + INTERVAL 1 HOUR, FALSE) AS is_thanked,
        -- A day: whoever asks the same later has mostly come upon it anew.
        asked.group_id >= 0
        AND coalesce(asked.next_asked_at <= asked.asked_at + INTERVAL 1 DAY, FALSE)
            AS is_asked_again
    FROM asked
    LEFT JOIN followed
        ON NOT followed.is_thanks
        AND asked.bot_id = followed.bot_id
        AND asked.kind = followed.kind
        AND asked.chat_id = followed.chat_id
        AND asked.message_id = followed.message_id
        AND asked.asked_at = followed.asked_at
),

counted AS (
    SELECT
        bot_id,
        week,
        count(*) AS questions,
        count(*) FILTER (WHERE NOT is_answer_visible) AS unseen,
        count(*) FILTER (WHERE is_answer_visible AND answered_by IS NULL) AS unanswered,
        count(*) FILTER (WHERE is_answer_visible AND answered_by IS NOT NULL) AS answered,
        count(*) FILTER (WHERE is_answer_visible AND answered_by = 'bot') AS answered_by_bot,
        count(*) FILTER (WHERE is_answer_visible AND answered_through = 'reply')
            AS answered_by_reply,
        count(*) FILTER (WHERE is_answer_visible AND is_thanked) AS thanked,
        count(*) FILTER (WHERE is_answer_visible AND is_asked_again) AS asked_again,
        count(*) FILTER (
            WHERE is_answer_visible AND answered_by IS NOT NULL AND NOT is_asked_again
        ) AS resolved
    FROM judged
    GROUP BY GROUPING SETS ((bot_id, week), (bot_id))
)

SELECT
    *,
    CAST(resolved AS double) / nullif(answered + unanswered, 0) AS resolved_share
FROM counted
ORDER BY bot_id, week
