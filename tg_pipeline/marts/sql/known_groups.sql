-- The groups and channels with a message in a month. One that becomes a supergroup announces it in
-- both chats: in the old one and in the new one.
WITH announced AS (
    SELECT
        chat_id,
        context_date,
        CASE WHEN content_type = 'migrate_to_chat_id' THEN moved_chat_id END AS newer_chat_id
    FROM content_mix
    UNION ALL
    SELECT
        moved_chat_id AS chat_id,
        context_date,
        chat_id AS newer_chat_id
    FROM content_mix
    WHERE content_type = 'migrate_from_chat_id'
)

SELECT
    chat_id,
    min(context_date) AS first_day,
    max(context_date) AS last_day,
    max(newer_chat_id) AS newer_chat_id
FROM announced
WHERE chat_id < 0
GROUP BY chat_id
ORDER BY chat_id
