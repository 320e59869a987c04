-- Which commands the bot is given; the column is without / and without @botname.
SELECT
    bot_id,
    chat_id,
    command,
    count(*) AS uses,
    count(DISTINCT user_id) FILTER (
        WHERE sender_chat_id IS NULL AND NOT coalesce(user_is_bot, FALSE)
    ) AS users,
    context_date
FROM enriched_updates
WHERE
    update_type IN ('message', 'channel_post', 'business_message', 'guest_message')
    AND command IS NOT NULL
GROUP BY context_date, bot_id, chat_id, command
ORDER BY context_date, bot_id, chat_id, command
