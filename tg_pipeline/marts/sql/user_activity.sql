-- What each person did in each chat, and each bot that writes in its own name.
WITH done AS (
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
        person_id AS user_id,
        user_first_name,
        FALSE AS is_bot,
        FALSE AS is_message,
        NULL AS text_length,
        FALSE AS is_command,
        TRUE AS is_edit,
        NULL AS activity,
        FALSE AS is_of_history
    FROM edits
    WHERE person_id IS NOT NULL AND message_kind <> 'channel_post'
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
