-- What each person did in each chat, and each bot that writes in its own name.
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
    WHERE is_edit AND NOT is_own AND NOT is_copy AND message_kind <> 'channel_post'
),

versions AS (
    SELECT
        updates.context_date,
        CAST(updates.context_date + later.days * INTERVAL 1 DAY AS date) AS counted_on,
        updates.bot_id,
        updates.chat_id,
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
),

edits AS (
    SELECT context_date, bot_id, chat_id, person_id AS user_id, user_first_name
    FROM versions
    WHERE
        context_date = counted_on
        AND is_edit
        -- What the bot itself edits is nobody's correction.
        AND NOT is_own
        AND NOT is_copy
        AND person_id IS NOT NULL
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
),

done AS (
    SELECT
        context_date,
        bot_id,
        chat_id,
        user_id,
        user_first_name,
        coalesce(user_is_bot, FALSE) AS is_bot,
        is_written AND NOT is_copy AS is_message,
        -- Of texts, not of captions; texts themselves may be left out (TG_DROP_TEXT).
        CASE WHEN content_type IN ('text', 'rich_message') THEN text_length END AS text_length,
        -- A command that names a bot counts in the row of that bot, even if another bot received it
        -- too; one that names no bot counts once. In a private chat there is no other bot.
        is_written AND command IS NOT NULL AND CASE
            WHEN command_bot IS NULL THEN NOT is_copy
            WHEN chat_type = 'private' AND message_kind = 'message' THEN TRUE
            ELSE
                command_bot = coalesce(
                    json_extract_string($bot_usernames, '$.' || CAST(bot_id AS varchar)), ''
                )
        END AS is_command,
        FALSE AS is_edit,
        CASE WHEN NOT is_copy THEN activity END AS activity,
        origin = 'export' AS is_of_history
    FROM enriched_updates
    WHERE
        person_id IS NOT NULL
        -- A bot in its own name. The accounts of anonymous administrators and of channels are bots
        -- too, but stand for a chat.
        OR (
            user_is_bot
            AND is_written
            AND sender_chat_id IS NULL
            AND user_id NOT IN (1087968824, 136817688)
        )
    UNION ALL
    SELECT
        context_date,
        bot_id,
        chat_id,
        user_id,
        user_first_name,
        FALSE AS is_bot,
        FALSE AS is_message,
        NULL AS text_length,
        FALSE AS is_command,
        TRUE AS is_edit,
        NULL AS activity,
        FALSE AS is_of_history
    FROM edits
)

SELECT
    bot_id,
    chat_id,
    user_id,
    max(user_first_name) AS user_first_name,
    bool_or(is_bot) AS is_bot,
    count(*) FILTER (WHERE is_message) AS messages,
    count(text_length) FILTER (WHERE is_message) AS texts,
    CAST(round(avg(text_length) FILTER (WHERE is_message)) AS bigint) AS mean_text_length,
    count(*) FILTER (WHERE is_command) AS commands,
    count(*) FILTER (WHERE is_edit) AS edits,
    count(*) FILTER (WHERE activity = 'react') AS reactions,
    count(*) FILTER (WHERE activity = 'press') AS presses,
    count(*) FILTER (WHERE activity IS NOT NULL OR (is_bot AND is_message)) AS actions,
    bool_and(is_of_history) AS is_history,
    context_date
FROM done
WHERE is_message OR is_command OR is_edit OR activity IS NOT NULL
GROUP BY context_date, bot_id, chat_id, user_id
ORDER BY context_date, bot_id, chat_id, user_id
