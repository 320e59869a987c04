-- Average length of a text per user per day, in characters, as a whole number.
SELECT
    context_date,
    user_id,
    max(user_first_name) AS user_first_name,
    CAST(round(avg(length(text))) AS integer) AS mean_text_length
FROM telegram
WHERE update_type = 'message' AND text IS NOT NULL
GROUP BY context_date, user_id
ORDER BY context_date, mean_text_length DESC, user_id
