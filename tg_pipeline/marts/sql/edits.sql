-- Changes of the content of messages: the table `edits` in the queries of several marts.
WITH edited AS (
    -- The messages with an edit. Only these are compared with their earlier versions. Those of a
    -- supergroup or channel are the same for all bots.
    SELECT DISTINCT
        CASE WHEN chat_id <= -1000000000000 THEN 0 ELSE bot_id END AS bot_id,
        message_kind AS kind,
        coalesce(business_connection_id, '') AS connection_id,
        chat_id,
        message_id
    FROM enriched_updates
    WHERE is_edit AND NOT is_own AND NOT is_copy
),

versions AS (
    SELECT
        updates.context_date,
        CAST(updates.context_date + later.days * INTERVAL 1 DAY AS date) AS counted_on,
        updates.bot_id,
        updates.chat_id,
        updates.chat_type,
        updates.chat_title,
        updates.message_kind,
        updates.person_id,
        updates.user_first_name,
        updates.is_edit,
        updates.is_own,
        updates.is_copy,
        updates.is_live_location,
        updates.content_digest,
        lag(updates.context_date) OVER version AS day_before,
        lag(updates.is_live_location) OVER version AS was_live_location,
        lag(updates.content_digest) OVER version AS digest_before,
        coalesce(updates.text, updates.caption) AS text,
        lag(coalesce(updates.text, updates.caption)) OVER version AS text_before,
        -- An export has no ids of files: only its texts can be compared.
        coalesce('export' IN (updates.origin, lag(updates.origin) OVER version), FALSE)
            AS is_text_compared
    FROM enriched_updates AS updates
    INNER JOIN edited
        ON
            CASE WHEN updates.chat_id <= -1000000000000 THEN 0 ELSE updates.bot_id END = edited.bot_id
            AND updates.message_kind = edited.kind
            AND coalesce(updates.business_connection_id, '') = edited.connection_id
            AND updates.chat_id = edited.chat_id
            AND updates.message_id = edited.message_id
    -- The edits of a day are compared with the versions of that day and of the mart's lookback, in
    -- whichever order they arrived, and with no others: the days of a build may be more.
    CROSS JOIN UNNEST([0, 1, 2]) AS later (days)
    WINDOW
        version AS (
            PARTITION BY
                updates.context_date + later.days * INTERVAL 1 DAY,
                edited.bot_id,
                edited.kind,
                edited.connection_id,
                edited.chat_id,
                edited.message_id
            ORDER BY
                coalesce(updates.event_at, updates.received_at),
                updates.is_copy,
                updates.update_id,
                updates.context_date,
                updates.bot_id
        )
)

-- Telegram also sends an edit for a first reaction, a link preview and each move of a live location.
SELECT
    context_date,
    bot_id,
    chat_id,
    chat_type,
    chat_title,
    message_kind,
    person_id,
    user_first_name
FROM versions
WHERE
    context_date = counted_on
    AND is_edit
    -- What the bot itself edits is nobody's correction.
    AND NOT is_own
    AND NOT is_copy
    AND NOT coalesce(is_live_location, FALSE)
    AND (
        day_before IS NULL
        OR (
            NOT coalesce(was_live_location, FALSE)
            AND CASE
                WHEN is_text_compared THEN text IS DISTINCT FROM text_before
                ELSE content_digest IS DISTINCT FROM digest_before
            END
        )
    )
