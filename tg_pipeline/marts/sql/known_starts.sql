-- The first /start of each person in a month, by bot: where they came from.
SELECT
    bot_id,
    person_id AS user_id,
    min(context_date) AS day,
    min(coalesce(event_at, received_at)) AS started_at,
    arg_min(
        coalesce(command_args, ''), (coalesce(event_at, received_at), update_id)
    ) AS source
FROM enriched_updates
WHERE
    is_written
    AND command = 'start'
    AND message_kind = 'message'
    AND chat_type = 'private'
    AND person_id IS NOT NULL
GROUP BY bot_id, person_id
ORDER BY bot_id, person_id
