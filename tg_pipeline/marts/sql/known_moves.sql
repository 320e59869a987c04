-- Groups that became supergroups, as announced in a month in the old chat and in the new one.
SELECT
    chat_id AS old_chat_id,
    migrate_to_chat_id AS new_chat_id,
    coalesce(event_at, received_at) AS moved_at
FROM enriched_updates
WHERE migrate_to_chat_id IS NOT NULL AND chat_id IS NOT NULL
UNION
SELECT
    migrate_from_chat_id AS old_chat_id,
    chat_id AS new_chat_id,
    coalesce(event_at, received_at) AS moved_at
FROM enriched_updates
WHERE migrate_from_chat_id IS NOT NULL AND chat_id IS NOT NULL
ORDER BY old_chat_id, new_chat_id, moved_at
