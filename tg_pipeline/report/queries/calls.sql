-- The calls of the period by method, most frequent first.
SELECT
    coalesce(method, '') AS method,
    CAST(sum(calls) AS bigint) AS calls,
    CAST(sum(blocked) AS bigint) AS blocked,
    CAST(sum(rate_limited) AS bigint) AS rate_limited,
    CAST(sum(other_errors) AS bigint) AS other_errors,
    CAST(sum(unknown) AS bigint) AS unknown,
    -- Percentiles of days can't be combined; means can.
    sum(mean_ms * (calls - unknown)) / nullif(sum(calls - unknown) FILTER (WHERE mean_ms >= 0), 0)
        AS mean_ms
FROM bot_calls
WHERE context_date BETWEEN $first AND $last
GROUP BY method
ORDER BY calls DESC, method
