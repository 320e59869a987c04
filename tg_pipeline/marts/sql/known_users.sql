-- The accounts that were seen in a month, with the newest names in it.
WITH seen AS (
    SELECT
        user_id,
        user_first_name AS first_name,
        user_username AS username,
        user_language_code AS language_code,
        user_is_bot AS is_bot,
        -- Telegram sends it for Premium accounts only; an export does not tell.
        CASE WHEN origin <> 'export' THEN coalesce(user_is_premium, FALSE) END AS is_premium,
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
),

newest AS (
    SELECT
        user_id,
        max({'at': seen_at, 'name': first_name}) FILTER (WHERE first_name IS NOT NULL)
            AS first_name,
        max({'at': seen_at, 'name': username}) FILTER (WHERE username IS NOT NULL) AS username,
        max({'at': seen_at, 'code': language_code}) FILTER (WHERE language_code IS NOT NULL)
            AS language,
        max({'at': seen_at, 'is_so': is_premium}) FILTER (WHERE is_premium IS NOT NULL) AS premium,
        coalesce(bool_or(is_bot), FALSE) AS is_bot,
        min(context_date) AS first_seen_on,
        max(context_date) AS last_seen_on
    FROM seen
    -- Telegram's own account, and those that stand for anonymous administrators and for channels.
    WHERE user_id NOT IN (777000, 1087968824, 136817688)
    GROUP BY user_id
)

SELECT
    user_id,
    first_name.name AS first_name,
    first_name.at AS first_name_at,
    username.name AS username,
    username.at AS username_at,
    language.code AS language_code,
    language.at AS language_code_at,
    premium.is_so AS is_premium,
    premium.at AS is_premium_at,
    is_bot,
    first_seen_on,
    last_seen_on
FROM newest
ORDER BY user_id
