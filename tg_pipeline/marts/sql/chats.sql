-- Every chat that was seen, with its newest title and the id that it has now.
WITH RECURSIVE moves AS (
    SELECT DISTINCT old_chat_id AS old_id, new_chat_id AS new_id
    FROM known_moves
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
        arg_max(type, (type_at, type)) AS type,
        arg_max(title, (title_at, title)) AS title,
        arg_max(username, (username_at, username)) AS username,
        min(first_seen_on) AS first_seen_on,
        max(last_seen_on) AS last_seen_on
    FROM known_chats
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
