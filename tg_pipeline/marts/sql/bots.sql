-- Every bot whose updates are in the lake, with its name as far as it is known.
SELECT
    bot_id,
    coalesce(
        json_extract_string($bot_usernames, '$.' || CAST(bot_id AS varchar)),
        lower(arg_max(username, (username_at, username)))
    ) AS username,
    arg_max(first_name, (first_name_at, first_name)) AS first_name,
    min(first_update_on) AS first_update_on,
    max(last_update_on) AS last_update_on,
    CAST(sum(updates) AS bigint) AS updates
FROM known_bots
GROUP BY bot_id
ORDER BY bot_id
