-- Written messages per day.
SELECT
    context_date,
    count(*) AS messages
FROM telegram
WHERE is_written AND NOT is_copy
GROUP BY context_date
ORDER BY context_date
