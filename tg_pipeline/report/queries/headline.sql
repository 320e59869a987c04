-- The totals of the period.
WITH written AS (
    SELECT CAST(coalesce(sum(messages), 0) AS bigint) AS messages
    FROM daily_activity
    WHERE context_date BETWEEN $first AND $last
),

people AS (
    SELECT count(DISTINCT user_id) AS users
    FROM user_activity
    WHERE NOT is_bot AND actions > 0 AND context_date BETWEEN $first AND $last
),

asked AS (
    SELECT count(*) AS questions
    FROM questions
    WHERE
        NOT is_copy
        AND sent_at >= $begin AND sent_at < $end
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
    moved.joins,
    moved.leaves
FROM written
CROSS JOIN people
CROSS JOIN asked
CROSS JOIN moved
