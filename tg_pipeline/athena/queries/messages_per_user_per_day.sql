-- Written messages per person per day.
SELECT
    context_date,
    person_id AS user_id,
    max(user_first_name) AS user_first_name,
    count(*) AS messages
FROM telegram
WHERE is_written AND NOT is_copy AND person_id IS NOT NULL
GROUP BY context_date, person_id
ORDER BY context_date, messages DESC, user_id
