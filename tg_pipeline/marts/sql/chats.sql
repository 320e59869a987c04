-- Every chat that was seen, with its newest title and the id that it has now.
WITH RECURSIVE moves AS (
    SELECT DISTINCT chat_id AS old_id, migrate_to_chat_id AS new_id
    FROM enriched_updates
    WHERE migrate_to_chat_id IS NOT NULL AND chat_id IS NOT NULL
    UNION
    SELECT DISTINCT migrate_from_chat_id AS old_id, chat_id AS new_id
    FROM enriched_updates
    WHERE migrate_from_chat_id IS NOT NULL AND chat_id IS NOT NULL
),

-- A group becomes a supergroup once; longer chains are followed all the same.
successors AS (
    SELECT old_id, new_id
    FROM moves
    WHERE old_id <> new_id
    UNION
    SELECT successors.old_id, moves.new_id
    FROM successors
    INNER JOIN moves ON successors.new_id = moves.old_id
    WHERE successors.old_id <> moves.new_id
),

newest AS (
    SELECT successors.old_id, min(successors.new_id) AS new_id
    FROM successors
    LEFT JOIN moves ON successors.new_id = moves.old_id
    WHERE moves.old_id IS NULL
    GROUP BY successors.old_id
),

seen AS (
    SELECT
        chat_id,
        arg_max(chat_type, (coalesce(event_at, received_at), chat_type)) AS type,
        arg_max(chat_title, (coalesce(event_at, received_at), chat_title)) AS title,
        arg_max(chat_username, (coalesce(event_at, received_at), chat_username)) AS username,
        min(context_date) AS first_seen_on,
        max(context_date) AS last_seen_on
    FROM enriched_updates
    WHERE chat_id IS NOT NULL
    GROUP BY chat_id
)

SELECT
    seen.chat_id,
    coalesce(newest.new_id, seen.chat_id) AS newest_chat_id,
    seen.type,
    seen.title,
    seen.username,
    seen.first_seen_on,
    seen.last_seen_on
FROM seen
LEFT JOIN newest ON seen.chat_id = newest.old_id
ORDER BY seen.chat_id
