-- What became of the issues of the period, except for those in private chats with the bot, which
-- responds to everything there; of its questions, each by itself; and, by the same rule,
-- of messages of the same chats that are not questions (the placebo). One row each, in this order.
WITH issues AS (
    SELECT *
    FROM threads
    WHERE
        is_issue_start
        AND NOT is_copy
        AND NOT (is_private AND is_answer_visible)
        AND asked_at >= $begin AND asked_at < $end
),

cases AS (
    SELECT
        1 AS kind,
        outcome,
        answered_through,
        is_thanked,
        is_asked_again,
        seconds_to_answer,
        business_seconds_to_answer
    FROM issues
    UNION ALL
    SELECT
        CASE WHEN is_question THEN 2 ELSE 3 END AS kind,
        outcome,
        answered_through,
        is_thanked,
        FALSE AS is_asked_again,
        seconds_to_answer,
        NULL AS business_seconds_to_answer
    FROM answers
    WHERE
        NOT is_copy
        AND NOT (is_private AND is_answer_visible)
        AND asked_at >= $begin AND asked_at < $end
        AND chat_id IN (SELECT chat_id FROM issues)
),

-- Of the two that are compared.
pooled AS (
    SELECT quantile_cont(seconds_to_answer, 0.5) AS median_seconds
    FROM cases
    WHERE kind > 1 AND outcome = 'answered'
),

kinds AS (
    SELECT UNNEST([1, 2, 3]) AS kind
)

SELECT
    count(*) FILTER (WHERE cases.outcome = 'answered') AS answered,
    count(*) FILTER (WHERE cases.outcome = 'unanswered') AS unanswered,
    count(*) FILTER (WHERE cases.outcome = 'unknown') AS unknown,
    count(*) FILTER (WHERE cases.outcome = 'unseen') AS unseen,
    count(*) FILTER (WHERE cases.outcome = 'answered' AND cases.answered_through = 'reply')
        AS by_reply,
    count(*) FILTER (WHERE cases.outcome = 'answered' AND cases.answered_through = 'mention')
        AS by_mention,
    count(*) FILTER (WHERE cases.outcome = 'answered' AND cases.answered_through = 'only_other')
        AS by_only_other,
    count(*) FILTER (WHERE cases.outcome = 'answered' AND cases.is_thanked) AS thanked,
    count(*) FILTER (WHERE cases.outcome <> 'unseen' AND cases.is_asked_again) AS asked_again,
    quantile_cont(cases.seconds_to_answer, 0.5) FILTER (WHERE cases.outcome = 'answered')
        AS median_seconds,
    quantile_cont(cases.business_seconds_to_answer, 0.5) FILTER (WHERE cases.outcome = 'answered')
        AS business_median_seconds,
    count(*) FILTER (
        WHERE cases.outcome = 'answered' AND cases.seconds_to_answer <= pooled.median_seconds
    ) AS early
FROM kinds
LEFT JOIN cases ON kinds.kind = cases.kind
CROSS JOIN pooled
GROUP BY kinds.kind
ORDER BY kinds.kind
