-- How much is written in each chat, by how many people, and how often it is changed afterwards.
WITH counted AS (
    SELECT
        context_date,
        bot_id,
        chat_id,
        chat_type,
        chat_title,
        CASE WHEN activity = 'write' THEN person_id END AS writer_id,
        1 AS messages,
        0 AS edits
    FROM enriched_updates
    WHERE is_written AND NOT is_copy
    UNION ALL
    SELECT
        context_date,
        bot_id,
        chat_id,
        chat_type,
        chat_title,
        NULL AS writer_id,
        0 AS messages,
        1 AS edits
    FROM edits
)

SELECT
    bot_id,
    chat_id,
    max(chat_type) AS chat_type,
    max(chat_title) AS chat_title,
    CAST(sum(messages) AS bigint) AS messages,
    CAST(sum(edits) AS bigint) AS edits,
    count(DISTINCT writer_id) AS users,
    context_date
FROM counted
GROUP BY context_date, bot_id, chat_id
ORDER BY context_date, bot_id, chat_id
