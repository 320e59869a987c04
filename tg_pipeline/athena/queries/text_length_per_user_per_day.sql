-- Average length of a text per person per day, in characters, as a whole number.
SELECT
    context_date,
    person_id AS user_id,
    max(user_first_name) AS user_first_name,
    CAST(round(avg(text_length)) AS integer) AS mean_text_length
FROM telegram
WHERE is_written AND NOT is_copy AND person_id IS NOT NULL AND text_length IS NOT NULL
    AND content_type IN ('text', 'rich_message')
GROUP BY context_date, person_id
ORDER BY context_date, mean_text_length DESC, user_id
