-- What each account did where. Whoever speaks for a chat does so through an account that all share,
-- so it is left out.
SELECT
    bot_id,
    chat_id,
    user_id,
    max(user_first_name) AS user_first_name,
    bool_or(coalesce(user_is_bot, FALSE)) AS is_bot,
    count(*) FILTER (
        WHERE update_type IN ('message', 'channel_post', 'business_message', 'guest_message')
    ) AS messages,
    count(text) FILTER (WHERE update_type NOT LIKE 'edited_%') AS texts,
    CAST(round(avg(length(text)) FILTER (WHERE update_type NOT LIKE 'edited_%')) AS bigint)
        AS mean_text_length,
    count(command) FILTER (WHERE update_type NOT LIKE 'edited_%') AS commands,
    count(*) FILTER (WHERE update_type LIKE 'edited_%') AS edits,
    count(*) FILTER (WHERE update_type = 'message_reaction') AS reactions,
    count(*) FILTER (WHERE update_type = 'callback_query') AS presses,
    count(*) AS actions,
    context_date
FROM enriched_updates
WHERE user_id IS NOT NULL AND sender_chat_id IS NULL
GROUP BY context_date, bot_id, chat_id, user_id
ORDER BY context_date, bot_id, chat_id, user_id
