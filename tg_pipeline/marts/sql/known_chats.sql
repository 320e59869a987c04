-- The chats that were seen in a month, with the newest titles in it.
SELECT
    chat_id,
    arg_max(chat_type, (coalesce(event_at, received_at), chat_type)) AS type,
    arg_max(
        coalesce(event_at, received_at), (coalesce(event_at, received_at), chat_type)
    ) FILTER (WHERE chat_type IS NOT NULL) AS type_at,
    arg_max(chat_title, (coalesce(event_at, received_at), chat_title)) AS title,
    arg_max(
        coalesce(event_at, received_at), (coalesce(event_at, received_at), chat_title)
    ) FILTER (WHERE chat_title IS NOT NULL) AS title_at,
    arg_max(chat_username, (coalesce(event_at, received_at), chat_username)) AS username,
    arg_max(
        coalesce(event_at, received_at), (coalesce(event_at, received_at), chat_username)
    ) FILTER (WHERE chat_username IS NOT NULL) AS username_at,
    min(context_date) AS first_seen_on,
    max(context_date) AS last_seen_on
FROM enriched_updates
-- A call that sent nothing may name a chat that does not exist.
WHERE chat_id IS NOT NULL AND (origin <> 'call' OR message_kind IS NOT NULL)
GROUP BY chat_id
ORDER BY chat_id
