-- The outcome of questions, in each whole week that has a day in the period.
SELECT
    week,
    CAST(sum(questions) AS bigint) AS questions,
    CAST(sum(unseen) AS bigint) AS unseen,
    CAST(sum(answered) AS bigint) AS answered,
    CAST(sum(answered_by_bot) AS bigint) AS answered_by_bot,
    CAST(sum(unanswered) AS bigint) AS unanswered,
    CAST(sum(thanked) AS bigint) AS thanked,
    CAST(sum(asked_again) AS bigint) AS asked_again,
    CAST(sum(answered_by_reply) AS bigint) AS answered_by_reply
FROM resolution
WHERE week BETWEEN date_trunc('week', $first) AND $last
GROUP BY week
ORDER BY week
