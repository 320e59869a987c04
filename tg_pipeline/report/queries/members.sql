-- Joins and leaves, on the days that have any.
SELECT
    context_date AS day,
    CAST(sum(joins) AS bigint) AS joins,
    CAST(sum(leaves) AS bigint) AS leaves
FROM members
WHERE context_date BETWEEN $first AND $last
GROUP BY context_date
ORDER BY day
