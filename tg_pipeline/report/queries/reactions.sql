-- The reactions added in the period, most frequent first.
SELECT reaction AS name, CAST(sum(added) AS bigint) AS count
FROM reactions
WHERE context_date BETWEEN $first AND $last
GROUP BY reaction
HAVING sum(added) > 0
ORDER BY count DESC, name
