-- Every account that was seen, with its newest names.
WITH seen AS (
    SELECT
        user_id,
        user_first_name AS first_name,
        user_username AS username,
        user_language_code AS language_code,
        user_is_bot AS is_bot,
        -- Telegram sends it for Premium accounts only.
        coalesce(user_is_premium, FALSE) AS is_premium,
        coalesce(event_at, received_at) AS seen_at,
        context_date
    FROM enriched_updates
    WHERE user_id IS NOT NULL
    UNION ALL
    -- Who joined or left may never have acted.
    SELECT
        member_user_id AS user_id,
        member_first_name AS first_name,
        member_username AS username,
        NULL AS language_code,
        member_user_is_bot AS is_bot,
        NULL AS is_premium,
        coalesce(event_at, received_at) AS seen_at,
        context_date
    FROM enriched_updates
    WHERE member_user_id IS NOT NULL
)

SELECT
    user_id,
    arg_max(first_name, (seen_at, first_name)) AS first_name,
    arg_max(username, (seen_at, username)) AS username,
    arg_max(language_code, (seen_at, language_code)) AS language_code,
    coalesce(bool_or(is_bot), FALSE) AS is_bot,
    arg_max(is_premium, (seen_at, is_premium)) AS is_premium,
    min(context_date) AS first_seen_on,
    max(context_date) AS last_seen_on
FROM seen
-- Telegram's own account, and those that stand for anonymous administrators and for channels.
WHERE user_id NOT IN (777000, 1087968824, 136817688)
GROUP BY user_id
ORDER BY user_id
