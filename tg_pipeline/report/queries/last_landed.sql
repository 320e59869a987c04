-- The arrival of the newest update of the period.
SELECT max(received_at) AS last_landed
FROM enriched_updates
WHERE context_date BETWEEN $first AND $last
