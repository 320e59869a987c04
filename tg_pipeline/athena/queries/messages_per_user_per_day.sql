-- Messages per user per day.
SELECT
    context_date,
    user_id,
    max(user_first_name) AS user_first_name,
    count(*) AS messages
FROM telegram
WHERE update_type = 'message'
GROUP BY context_date, user_id
ORDER BY context_date, messages DESC, user_id
