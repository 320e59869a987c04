-- Which buttons are pressed: the part of their data that names what they do.
WITH presses AS (
    SELECT
        context_date,
        bot_id,
        person_id,
        -- What follows a separator or begins with a digit is mostly an id.
        left(
            rtrim(regexp_extract(callback_data, '^[^:|/;=,{\[\s0-9]*'), '_-.'), 32
        ) AS button
    FROM enriched_updates
    WHERE update_type = 'callback_query'
)

SELECT
    bot_id,
    button,
    count(*) AS presses,
    count(DISTINCT person_id) AS users,
    context_date
FROM presses
GROUP BY context_date, bot_id, button
ORDER BY context_date, bot_id, button
