-- Blocks of the bot, on the days that have any.
SELECT
    context_date AS day,
    CAST(sum(blocked) AS bigint) AS blocked,
    CAST(sum(unblocked) AS bigint) AS unblocked
FROM blocks
WHERE context_date BETWEEN $first AND $last
GROUP BY context_date
HAVING sum(blocked + unblocked) > 0
ORDER BY day
