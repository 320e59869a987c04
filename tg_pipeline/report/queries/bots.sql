-- The bots whose updates are in the lake, most updates first.
SELECT bot_id, first_name, username
FROM bots
ORDER BY updates DESC, bot_id
