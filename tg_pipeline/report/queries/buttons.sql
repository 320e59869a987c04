-- The buttons pressed in the period, most pressed first. The names with a colon are none of buttons.
SELECT
    CASE WHEN button IS NULL THEN 'none:' WHEN button = '' THEN 'other:' ELSE button END AS name,
    CAST(sum(presses) AS bigint) AS count
FROM buttons
WHERE context_date BETWEEN $first AND $last
GROUP BY button
ORDER BY count DESC, name
