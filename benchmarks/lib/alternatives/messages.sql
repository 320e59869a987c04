-- Every message once, as it reads now: the newest version delivered.
WITH versions AS NOT MATERIALIZED (
    SELECT
        *,
        replace(update_type, 'edited_', '') AS kind,
        update_type LIKE 'edited_%' AS is_edit,
        -- The key of a message. Ids are unique within a business account, and all ephemeral
        -- messages have the id 0: each of these is identified by its update.
        coalesce(business_connection_id, '') AS key_connection,
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

-- Few messages have several versions. All others need no sorting.
several AS (
    SELECT bot_id, kind, key_connection, key_chat, key_message, key_update
    FROM versions
    GROUP BY bot_id, kind, key_connection, key_chat, key_message, key_update
    HAVING count(*) > 1
),

compared AS (
    SELECT
        versions.*,
        row_number() OVER oldest_first AS place,
        versions.content_digest IS DISTINCT FROM lag(versions.content_digest) OVER oldest_first
        -- A live location moves without being corrected.
        AND NOT coalesce(versions.is_live_location, FALSE)
        AND NOT coalesce(lag(versions.is_live_location) OVER oldest_first, FALSE)
            AS is_different
    FROM versions
    INNER JOIN several
        ON versions.bot_id = several.bot_id
        AND versions.kind = several.kind
        AND versions.key_connection = several.key_connection
        AND versions.key_chat = several.key_chat
        AND versions.key_message = several.key_message
        AND versions.key_update = several.key_update
    WINDOW oldest_first AS (
        PARTITION BY
            versions.bot_id,
            versions.kind,
            versions.key_connection,
            versions.key_chat,
            versions.key_message,
            versions.key_update
        ORDER BY coalesce(versions.edit_date, 0), versions.update_id, versions.received_at
    )
),

ranked AS (
    SELECT
        *,
        row_number() OVER (same_message ORDER BY place DESC) AS age,
        min(first_sent_at) OVER same_message AS sent_at,
        count(*) FILTER (WHERE is_edit AND is_different AND place > 1) OVER same_message AS edits,
        max(edit_date) FILTER (WHERE is_edit AND (is_different OR place = 1)) OVER same_message
            AS content_date,
        max(coalesce(text, caption)) FILTER (WHERE NOT is_edit AND place = 1) OVER same_message
            AS first_text
    FROM compared
    WINDOW same_message AS (
        PARTITION BY bot_id, kind, key_connection, key_chat, key_message, key_update
    )
),

latest AS (
    SELECT * EXCLUDE (place, is_different)
    FROM ranked
    WHERE age = 1
    UNION ALL
    SELECT
        versions.*,
        1 AS age,
        versions.first_sent_at AS sent_at,
        0 AS edits,
        CASE WHEN versions.is_edit THEN versions.edit_date END AS content_date,
        NULL AS first_text
    FROM versions
    LEFT JOIN several
        ON versions.bot_id = several.bot_id
        AND versions.kind = several.kind
        AND versions.key_connection = several.key_connection
        AND versions.key_chat = several.key_chat
        AND versions.key_message = several.key_message
        AND versions.key_update = several.key_update
    WHERE several.bot_id IS NULL
),

-- A group that becomes a supergroup announces it in both chats: in the old one and in the new one.
announced_moves AS (
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

-- There are few, but DuckDB estimates more of them than messages, and would hold all messages in
-- memory to look them up. Its estimate for rows unnested from one list is lower.
moves AS (
    SELECT listed.move.old_chat_id AS old_chat_id, listed.move.new_chat_id AS new_chat_id
    FROM (
        SELECT list({'old_chat_id': old_chat_id, 'new_chat_id': new_chat_id}) AS all_moves
        FROM announced_moves
    )
    CROSS JOIN UNNEST(all_moves) AS listed (move)
),

-- The threads below a channel's posts: the post is in the data, or a message of the thread replies
-- to it.
comment_threads AS (
    SELECT bot_id, chat_id, message_id
    FROM versions
    WHERE is_automatic_forward
    UNION
    SELECT bot_id, chat_id, message_thread_id AS message_id
    FROM versions
    WHERE reply_to_is_automatic_forward AND reply_to_message_id = message_thread_id
),

-- Several bots may receive the same message of a supergroup or channel (-100…). In other chats,
-- equal message ids of two bots are a coincidence.
shared_messages AS (
    SELECT versions.chat_id, versions.message_id, min(versions.bot_id) AS first_bot_id
    FROM versions
    INNER JOIN (
        SELECT chat_id
        FROM versions
        WHERE chat_id < -1000000000000
        GROUP BY chat_id
        HAVING min(bot_id) < max(bot_id)
    ) AS shared_chats
        ON versions.chat_id = shared_chats.chat_id
    WHERE versions.message_id > 0
    GROUP BY versions.chat_id, versions.message_id
    HAVING min(versions.bot_id) < max(versions.bot_id)
),

placed AS (
    SELECT
        latest.*,
        coalesce(moves.new_chat_id, latest.chat_id) AS lasting_chat_id,
        coalesce(latest.is_topic_message, FALSE) AS is_in_topic,
        coalesce(latest.is_service, FALSE) AS is_event,
        coalesce(latest.is_automatic_forward, FALSE) AS is_post,
        comment_threads.message_id AS comment_thread_id,
        coalesce(latest.bot_id > shared_messages.first_bot_id, FALSE) AS is_later_copy
    FROM latest
    LEFT JOIN moves ON latest.chat_id = moves.old_chat_id
    LEFT JOIN comment_threads
        ON latest.bot_id = comment_threads.bot_id
        AND latest.chat_id = comment_threads.chat_id
        AND latest.message_thread_id = comment_threads.message_id
        AND NOT coalesce(latest.is_topic_message, FALSE)
    LEFT JOIN shared_messages
        ON latest.chat_id = shared_messages.chat_id
        AND latest.message_id = shared_messages.message_id
)

SELECT
    bot_id,
    is_later_copy AS is_copy,
    kind,
    business_connection_id,
    lasting_chat_id AS chat_id,
    chat_id AS chat_id_then,
    message_id,
    update_id,
    chat_type,
    chat_title,
    CASE WHEN is_in_topic THEN message_thread_id END AS topic_id,
    direct_messages_topic_id,
    comment_thread_id,
    -- Who speaks for a chat does so through an account that many share: its id is not theirs.
    CASE WHEN sender_chat_id IS NULL THEN user_id END AS user_id,
    CASE WHEN sender_chat_id IS NULL THEN user_first_name END AS user_first_name,
    CASE WHEN sender_chat_id IS NULL THEN user_username END AS user_username,
    person_id,
    coalesce(sender_chat_id, user_id) AS speaker_id,
    sender_business_bot_id IS NOT NULL
    OR (sender_chat_id IS NULL AND coalesce(user_is_bot, FALSE)) AS is_bot,
    sent_at,
    CAST(sent_at AT TIME ZONE $timezone AS date) AS sent_on,
    to_timestamp(content_date) AS edited_at,
    CAST(edits AS bigint) AS edits,
    -- Every message of a topic replies to the service message that opened the topic.
    CASE
        WHEN NOT is_in_topic OR reply_to_message_id <> message_thread_id THEN reply_to_message_id
    END AS reply_to_message_id,
    CASE
        WHEN NOT is_in_topic OR reply_to_message_id <> message_thread_id THEN reply_to_user_id
    END AS reply_to_user_id,
    external_reply_chat_id,
    external_reply_message_id,
    mentioned_user_ids,
    mentioned_usernames,
    content_type,
    is_event AS is_service,
    NOT is_event AND NOT is_post AS is_written,
    is_post AS is_automatic_forward,
    coalesce(is_from_offline, FALSE) AS is_from_offline,
    coalesce(text, caption) AS text,
    nullif(first_text, coalesce(text, caption)) AS first_text,
    command,
    command_args,
    forward_origin_type IS NOT NULL AS is_forward
FROM placed
ORDER BY bot_id, lasting_chat_id, sent_at, message_id, kind, update_id
