-- The most active people of the period, by their latest name.
SELECT
    -- If a day has several names, the last in the alphabet wins: the order of chats is arbitrary.
    arg_max(user_first_name, (context_date, user_first_name))
        FILTER (WHERE user_first_name IS NOT NULL) AS name,
    CAST(sum(messages) AS bigint) AS messages,
    CAST(sum(actions) AS bigint) AS actions,
    count(DISTINCT context_date) AS days,
    user_id AS person
FROM user_activity
WHERE NOT is_bot AND actions > 0 AND context_date BETWEEN $first AND $last
GROUP BY user_id
ORDER BY messages DESC, actions DESC, user_id
LIMIT $shown
