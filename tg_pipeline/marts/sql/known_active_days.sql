-- The days of a month on which people were active, and where.
SELECT DISTINCT user_id, bot_id, chat_id, context_date AS day, is_history
FROM user_activity
WHERE actions > 0 AND NOT is_bot
ORDER BY user_id, bot_id, chat_id, day
