-- Which reactions are given and taken back.
WITH changes AS (
    SELECT context_date, bot_id, chat_id, person_id, reaction, 1 AS added, 0 AS removed
    FROM enriched_updates
    CROSS JOIN UNNEST(reactions_added) AS given (reaction)
    WHERE NOT is_copy
    UNION ALL
    SELECT context_date, bot_id, chat_id, person_id, reaction, 0 AS added, 1 AS removed
    FROM enriched_updates
    CROSS JOIN UNNEST(reactions_removed) AS taken (reaction)
    WHERE NOT is_copy
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
