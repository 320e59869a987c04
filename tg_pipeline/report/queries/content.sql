-- The content types of the period, most frequent first.
SELECT content_type AS name, CAST(sum(messages) AS bigint) AS count
FROM content_mix
WHERE context_date BETWEEN $first AND $last
GROUP BY content_type
ORDER BY count DESC, name
