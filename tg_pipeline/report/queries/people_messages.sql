-- Messages by people, without bots and channels.
SELECT CAST(coalesce(sum(messages), 0) AS bigint) AS messages
FROM user_activity
WHERE NOT is_bot AND actions > 0 AND context_date BETWEEN $first AND $last
