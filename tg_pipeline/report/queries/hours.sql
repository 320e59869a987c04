-- Messages by weekday and hour.
SELECT weekday, hour, CAST(sum(messages) AS bigint) AS messages
FROM hourly_activity
WHERE context_date BETWEEN $first AND $last
GROUP BY weekday, hour
ORDER BY weekday, hour
