-- People who joined and left. A bot that is an administrator gets an update for each change of
-- membership; any other bot sees only the announcement in the chat; and some bots get both.
WITH told AS (
    SELECT
        context_date,
        bot_id,
        chat_id,
        member_user_id AS user_id,
        CASE WHEN member_is_in THEN 1 ELSE -1 END AS change,
        coalesce(event_at, received_at) AS changed_at,
        FALSE AS is_announced
    FROM enriched_updates
    WHERE
        -- A my_chat_member update is about the bot itself.
        update_type = 'chat_member'
        AND member_was_in <> member_is_in
        AND NOT coalesce(member_user_is_bot, FALSE)
        AND NOT is_copy
),

announced AS (
    SELECT
        updates.context_date,
        updates.bot_id,
        updates.chat_id,
        joined.user_id,
        1 AS change,
        coalesce(updates.event_at, updates.received_at) AS changed_at
    FROM enriched_updates AS updates
    CROSS JOIN UNNEST(updates.new_chat_member_ids) AS joined (user_id)
    WHERE
        updates.update_type = 'message'
        AND NOT list_contains(coalesce(updates.new_chat_bot_ids, []), joined.user_id)
        AND NOT updates.is_copy
    UNION ALL
    SELECT
        context_date,
        bot_id,
        chat_id,
        left_chat_member_id AS user_id,
        -1 AS change,
        coalesce(event_at, received_at) AS changed_at
    FROM enriched_updates
    WHERE
        update_type = 'message'
        AND left_chat_member_id IS NOT NULL
        AND NOT coalesce(left_chat_member_is_bot, FALSE)
        AND NOT is_copy
),

-- Each change with the one before it of the same person in the same chat.
ordered AS (
    SELECT
        *,
        lag(change) OVER person AS change_before,
        lag(changed_at) OVER person AS changed_before,
        lag(bot_id) OVER person AS bot_before,
        lag(is_announced) OVER person AS was_announced
    FROM (
        SELECT * FROM told
        UNION ALL
        SELECT *, TRUE AS is_announced FROM announced WHERE user_id <> bot_id
    )
    WINDOW
        person AS (
            PARTITION BY chat_id, user_id ORDER BY changed_at, is_announced, bot_id, change
        )
)

SELECT
    bot_id,
    chat_id,
    count(*) FILTER (WHERE change = 1) AS joins,
    count(*) FILTER (WHERE change = -1) AS leaves,
    CAST(sum(change) AS bigint) AS net,
    context_date
FROM ordered
-- The same event told twice, in two ways or to two bots: the one that came first counts.
WHERE
    NOT coalesce(
        change = change_before
        AND changed_at <= changed_before + INTERVAL 5 MINUTE
        AND (is_announced <> was_announced OR bot_id <> bot_before),
        FALSE
    )
GROUP BY context_date, bot_id, chat_id
ORDER BY context_date, bot_id, chat_id
