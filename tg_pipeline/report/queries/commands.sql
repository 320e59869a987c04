-- The commands of the period, most used first.
SELECT command AS name, CAST(sum(uses) AS bigint) AS count
FROM commands
WHERE context_date BETWEEN $first AND $last
GROUP BY command
ORDER BY count DESC, name
