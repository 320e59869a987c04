-- Which commands the bot is given; the column is without / and without @botname.
SELECT
    bot_id,
    chat_id,
    command,
    count(*) AS uses,
    count(DISTINCT person_id) AS users,
    context_date
FROM enriched_updates
WHERE
    is_written
    AND command IS NOT NULL
    -- A command that names a bot counts for that bot, even if another bot received it too; one that
    -- names no bot counts once. In a private chat there is no other bot.
    AND CASE
        WHEN command_bot IS NULL THEN NOT is_copy
        WHEN chat_type = 'private' AND message_kind = 'message' THEN TRUE
        ELSE
            command_bot = coalesce(
                json_extract_string($bot_usernames, '$.' || CAST(bot_id AS varchar)), ''
            )
    END
GROUP BY context_date, bot_id, chat_id, command
ORDER BY context_date, bot_id, chat_id, command
