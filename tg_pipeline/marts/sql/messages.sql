-- Every message once, as it reads now: the last edit wins.
WITH versions AS NOT MATERIALIZED (
    SELECT
        *,
        replace(update_type, 'edited_', '') AS kind,
        CASE WHEN update_type LIKE 'edited_%' THEN 1 ELSE 0 END AS is_edit,
        -- What tells a message from others. All ephemeral messages have the id 0: each stands alone,
        -- by the id of its update.
        coalesce(chat_id, 0) AS key_chat,
        coalesce(message_id, 0) AS key_message,
        CASE WHEN coalesce(message_id, 0) = 0 THEN update_id ELSE 0 END AS key_update,
        coalesce(to_timestamp(nullif(date, 0)), event_at, received_at) AS first_sent_at
    FROM enriched_updates
    WHERE update_type IN (
        'message', 'channel_post', 'business_message', 'guest_message',
        'edited_message', 'edited_channel_post', 'edited_business_message'
    )
),

-- Few messages have several versions; all others are spared the sorting.
contested AS (
    SELECT bot_id, kind, key_chat, key_message, key_update
    FROM versions
    GROUP BY bot_id, kind, key_chat, key_message, key_update
    HAVING count(*) > 1
),

ranked AS (
    SELECT
        versions.*,
        row_number() OVER newest_first AS age,
        min(versions.first_sent_at) OVER same_message AS sent_at,
        CAST(sum(versions.is_edit) OVER same_message AS bigint) AS edits
    FROM versions
    INNER JOIN contested
        ON versions.bot_id = contested.bot_id
        AND versions.kind = contested.kind
        AND versions.key_chat = contested.key_chat
        AND versions.key_message = contested.key_message
        AND versions.key_update = contested.key_update
    WINDOW
        newest_first AS (
            PARTITION BY
                versions.bot_id,
                versions.kind,
                versions.key_chat,
                versions.key_message,
                versions.key_update
            ORDER BY
                coalesce(versions.edit_date, 0) DESC,
                versions.update_id DESC,
                versions.received_at DESC
        ),
        same_message AS (
            PARTITION BY
                versions.bot_id,
                versions.kind,
                versions.key_chat,
                versions.key_message,
                versions.key_update
        )
),

latest AS (
    SELECT * FROM ranked WHERE age = 1
    UNION ALL
    SELECT
        versions.*,
        1 AS age,
        versions.first_sent_at AS sent_at,
        versions.is_edit AS edits
    FROM versions
    LEFT JOIN contested
        ON versions.bot_id = contested.bot_id
        AND versions.kind = contested.kind
        AND versions.key_chat = contested.key_chat
        AND versions.key_message = contested.key_message
        AND versions.key_update = contested.key_update
    WHERE contested.bot_id IS NULL
),

-- A group that becomes a supergroup says so on both sides: in the old chat and in the new.
told_moves AS (
    SELECT old_chat_id, max_by(new_chat_id, moved_at) AS new_chat_id
    FROM (
        SELECT
            chat_id AS old_chat_id,
            migrate_to_chat_id AS new_chat_id,
            coalesce(event_at, received_at) AS moved_at
        FROM enriched_updates
        WHERE migrate_to_chat_id IS NOT NULL
        UNION ALL
        SELECT
            migrate_from_chat_id AS old_chat_id,
            chat_id AS new_chat_id,
            coalesce(event_at, received_at) AS moved_at
        FROM enriched_updates
        WHERE migrate_from_chat_id IS NOT NULL
    )
    GROUP BY old_chat_id
),

-- They are few, but DuckDB takes them for more than there are messages, and would hold all messages
-- in memory to look them up. Of what comes out of one list it knows better.
moves AS (
    SELECT listed.move.old_chat_id AS old_chat_id, listed.move.new_chat_id AS new_chat_id
    FROM (
        SELECT list({'old_chat_id': old_chat_id, 'new_chat_id': new_chat_id}) AS all_moves
        FROM told_moves
    )
    CROSS JOIN UNNEST(all_moves) AS listed (move)
),

-- message_thread_id also marks the replies to an ordinary message of a supergroup. A topic begins
-- with a service message, or with one from before the bot's time.
reply_threads AS (
    SELECT DISTINCT heads.bot_id, heads.kind, heads.chat_id, heads.message_id
    FROM versions AS heads
    INNER JOIN (
        SELECT DISTINCT bot_id, kind, chat_id, message_thread_id
        FROM versions
        WHERE message_thread_id IS NOT NULL
    ) AS threads
        ON heads.bot_id = threads.bot_id
        AND heads.kind = threads.kind
        AND heads.chat_id = threads.chat_id
        AND heads.message_id = threads.message_thread_id
    WHERE heads.content_type <> 'forum_topic_created'
),

placed AS (
    SELECT
        latest.*,
        coalesce(moves.new_chat_id, latest.chat_id) AS lasting_chat_id,
        CASE WHEN reply_threads.bot_id IS NULL THEN message_thread_id END AS topic_id
    FROM latest
    LEFT JOIN moves ON latest.chat_id = moves.old_chat_id
    LEFT JOIN reply_threads
        ON latest.bot_id = reply_threads.bot_id
        AND latest.kind = reply_threads.kind
        AND latest.chat_id = reply_threads.chat_id
        AND latest.message_thread_id = reply_threads.message_id
)

SELECT
    bot_id,
    kind,
    lasting_chat_id AS chat_id,
    chat_id AS chat_id_then,
    message_id,
    update_id,
    chat_type,
    chat_title,
    topic_id,
    -- Whoever speaks for a chat does so through an account that all share: it is no user.
    CASE WHEN sender_chat_id IS NULL THEN user_id END AS user_id,
    CASE WHEN sender_chat_id IS NULL THEN user_first_name END AS user_first_name,
    coalesce(sender_chat_id, user_id) AS speaker_id,
    sender_chat_id IS NULL AND coalesce(user_is_bot, FALSE) AS is_bot,
    sent_at,
    CAST(sent_at AT TIME ZONE $timezone AS date) AS sent_on,
    to_timestamp(edit_date) AS edited_at,
    edits,
    -- Telegram has every message of a topic reply to the one that opened it.
    CASE WHEN reply_to_message_id IS DISTINCT FROM topic_id THEN reply_to_message_id END
        AS reply_to_message_id,
    content_type,
    coalesce(
        content_type NOT IN (
            'text', 'rich_message', 'animation', 'audio', 'checklist', 'contact', 'dice', 'document',
            'game', 'invoice', 'live_photo', 'location', 'paid_media', 'photo', 'poll', 'sticker',
            'story', 'venue', 'video', 'video_note', 'voice'
        ),
        FALSE
    ) AS is_service,
    coalesce(text, caption) AS text,
    command,
    command_args,
    forward_origin_type IS NOT NULL AS is_forward
FROM placed
ORDER BY bot_id, lasting_chat_id, sent_at, message_id, kind, update_id
