-- The totals of the period.
WITH written AS (
    SELECT CAST(coalesce(sum(messages), 0) AS bigint) AS messages
    FROM daily_activity
    WHERE context_date BETWEEN $first AND $last
),

people AS (
    SELECT count(DISTINCT user_id) AS users
    FROM user_activity
    WHERE NOT is_bot AND context_date BETWEEN $first AND $last
),

asked AS (
    SELECT
        count(*) AS questions,
        count(*) FILTER (WHERE is_answer_visible) AS visible,
        count(*) FILTER (WHERE is_answer_visible AND answered_by IS NOT NULL) AS answered,
        count(*) FILTER (WHERE is_answer_visible AND answered_through = 'reply')
            AS answered_by_reply,
        quantile_cont(seconds_to_answer, 0.5) FILTER (WHERE is_answer_visible) AS median_seconds
    FROM threads
    WHERE CAST(asked_at AT TIME ZONE $timezone AS date) BETWEEN $first AND $last
),

moved AS (
    SELECT
        CAST(coalesce(sum(joins), 0) AS bigint) AS joins,
        CAST(coalesce(sum(leaves), 0) AS bigint) AS leaves
    FROM members
    WHERE context_date BETWEEN $first AND $last
)

SELECT
    written.messages,
    people.users,
    asked.questions,
    asked.visible,
    asked.answered,
    asked.median_seconds,
    moved.joins,
    moved.leaves,
    asked.answered_by_reply
FROM written
CROSS JOIN people
CROSS JOIN asked
CROSS JOIN moved
