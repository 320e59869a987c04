-- The calls of the bot that were recorded, and what became of them.
SELECT
    bot_id,
    call_method AS method,
    call_source AS source,
    -- A call that sent several messages has a row for each.
    count(*) FILTER (WHERE coalesce(call_part, 0) = 0) AS calls,
    count(*) FILTER (WHERE message_kind IS NOT NULL AND NOT is_edit) AS messages,
    count(*) FILTER (WHERE call_ok AND coalesce(call_part, 0) = 0) AS succeeded,
    count(*) FILTER (WHERE NOT call_ok) AS failed,
    count(*) FILTER (
        WHERE NOT call_ok
        AND call_error_code = 403
        AND call_description ILIKE '%bot was blocked by the user%'
    ) AS blocked,
    count(*) FILTER (WHERE NOT call_ok AND call_error_code = 429) AS rate_limited,
    count(*) FILTER (
        WHERE NOT call_ok
        AND coalesce(call_error_code, 0) <> 429
        AND NOT coalesce(
            call_error_code = 403 AND call_description ILIKE '%bot was blocked by the user%', FALSE
        )
    ) AS other_errors,
    count(*) FILTER (WHERE call_ok IS NULL AND coalesce(call_part, 0) = 0) AS unknown,
    -- Rounded, since engines interpolate in other orders: the last bits differ.
    round(quantile_cont(call_ms, 0.5) FILTER (WHERE coalesce(call_part, 0) = 0), 3) AS median_ms,
    round(quantile_cont(call_ms, 0.95) FILTER (WHERE coalesce(call_part, 0) = 0), 3) AS p95_ms,
    avg(call_ms) FILTER (WHERE coalesce(call_part, 0) = 0) AS mean_ms,
    context_date
FROM enriched_updates
WHERE origin = 'call'
GROUP BY context_date, bot_id, call_method, call_source
ORDER BY context_date, bot_id, call_method, call_source
