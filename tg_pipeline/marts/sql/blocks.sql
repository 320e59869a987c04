-- Who blocked the bot and who took it back; and who could not be reached for that reason.
WITH changes AS (
    SELECT
        context_date,
        bot_id,
        person_id,
        CASE WHEN member_new_status = 'kicked' THEN 1 ELSE 0 END AS blocked,
        CASE WHEN member_old_status = 'kicked' THEN 1 ELSE 0 END AS unblocked,
        NULL AS refusing_chat_id
    FROM enriched_updates
    WHERE
        update_type = 'my_chat_member'
        AND chat_type = 'private'
        AND (member_old_status = 'kicked') <> (member_new_status = 'kicked')
    UNION ALL
    SELECT
        context_date,
        bot_id,
        NULL AS person_id,
        0 AS blocked,
        0 AS unblocked,
        chat_id AS refusing_chat_id
    FROM enriched_updates
    WHERE
        origin = 'call'
        AND NOT call_ok
        AND call_error_code = 403
        AND call_description ILIKE '%bot was blocked by the user%'
)

SELECT
    bot_id,
    CAST(sum(blocked) AS bigint) AS blocked,
    CAST(sum(unblocked) AS bigint) AS unblocked,
    CAST(sum(blocked) - sum(unblocked) AS bigint) AS net,
    count(DISTINCT person_id) FILTER (WHERE blocked = 1) AS people_blocked,
    count(DISTINCT refusing_chat_id) AS people_unreachable,
    context_date
FROM changes
GROUP BY context_date, bot_id
ORDER BY context_date, bot_id
