-- Messages per day.
SELECT
    context_date,
    count(*) AS messages
FROM telegram
WHERE update_type = 'message'
GROUP BY context_date
ORDER BY context_date
