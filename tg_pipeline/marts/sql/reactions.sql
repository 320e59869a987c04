-- Which reactions people give, and take back.
WITH people AS (
    SELECT
        *,
        CASE WHEN sender_chat_id IS NULL AND NOT coalesce(user_is_bot, FALSE) THEN user_id END
            AS person_id
    FROM enriched_updates
),

changes AS (
    SELECT context_date, bot_id, chat_id, person_id, reaction, 1 AS added, 0 AS removed
    FROM people
    CROSS JOIN UNNEST(reactions_added) AS given (reaction)
    UNION ALL
    SELECT context_date, bot_id, chat_id, person_id, reaction, 0 AS added, 1 AS removed
    FROM people
    CROSS JOIN UNNEST(reactions_removed) AS taken (reaction)
)

SELECT
    bot_id,
    chat_id,
    reaction,
    CAST(sum(added) AS bigint) AS added,
    CAST(sum(removed) AS bigint) AS removed,
    count(DISTINCT person_id) FILTER (WHERE added = 1) AS users,
    context_date
FROM changes
GROUP BY context_date, bot_id, chat_id, reaction
ORDER BY context_date, bot_id, chat_id, reaction
