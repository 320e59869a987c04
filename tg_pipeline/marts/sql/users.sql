-- Every account that was seen, with its newest names.
SELECT
    user_id,
    arg_max(first_name, (first_name_at, first_name)) AS first_name,
    arg_max(username, (username_at, username)) AS username,
    arg_max(language_code, (language_code_at, language_code)) AS language_code,
    bool_or(is_bot) AS is_bot,
    arg_max(is_premium, (is_premium_at, is_premium)) AS is_premium,
    min(first_seen_on) AS first_seen_on,
    max(last_seen_on) AS last_seen_on
FROM known_users
GROUP BY user_id
ORDER BY user_id
