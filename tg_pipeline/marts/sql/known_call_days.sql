-- The days of a month on which calls of a bot were recorded with their results.
SELECT
    bot_id,
    context_date AS day,
    min(coalesce(event_at, received_at)) AS sent_at,
    count(*) AS calls
FROM enriched_updates
WHERE call_source = 'proxy'
GROUP BY bot_id, context_date
ORDER BY bot_id, context_date
