-- Every chat that was seen, with its newest title and the id that it has now.
WITH RECURSIVE moves AS (
    SELECT DISTINCT chat_id AS old_id, newer_chat_id AS new_id
    FROM known_groups
    WHERE newer_chat_id IS NOT NULL
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

named AS (
    SELECT
        chat_id,
        arg_max(type, (type_at, type)) AS type,
        arg_max(title, (title_at, title)) AS title,
        arg_max(username, (username_at, username)) AS username
    FROM known_chats
    GROUP BY chat_id
),

-- Updates may be kept for a shorter time than daily marts, which have groups by number only.
seen AS (
    SELECT chat_id, min(first_day) AS first_seen_on, max(last_day) AS last_seen_on
    FROM (
        SELECT chat_id, first_seen_on AS first_day, last_seen_on AS last_day
        FROM known_chats
        UNION ALL
        SELECT chat_id, first_day, last_day
        FROM known_groups
    )
    GROUP BY chat_id
)

SELECT
    seen.chat_id,
    coalesce(newest.new_id, seen.chat_id) AS newest_chat_id,
    CASE
        WHEN named.chat_id IS NOT NULL THEN named.type
        -- Ids of supergroups and channels are lower.
        WHEN seen.chat_id > -1000000000000 THEN 'group'
    END AS type,
    named.title,
    named.username,
    seen.first_seen_on,
    seen.last_seen_on
FROM seen
LEFT JOIN named ON seen.chat_id = named.chat_id
LEFT JOIN newest ON seen.chat_id = newest.old_id
ORDER BY seen.chat_id
