-- Where the new people of the period come from, most people first.
SELECT
    source AS name,
    CAST(sum(new_users) AS bigint) AS people,
    CAST(sum(eligible_7) AS bigint) AS eligible_7,
    CAST(sum(returned_7) AS bigint) AS returned_7,
    CAST(sum(eligible_28) AS bigint) AS eligible_28,
    CAST(sum(returned_28) AS bigint) AS returned_28
FROM sources
WHERE day BETWEEN $first AND $last
GROUP BY source
HAVING sum(new_users) > 0
ORDER BY people DESC, name NULLS LAST
