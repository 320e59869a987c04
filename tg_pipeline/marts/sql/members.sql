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
        update_id,
        invite_link_name,
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
        coalesce(updates.event_at, updates.received_at) AS changed_at,
        updates.update_id,
        NULL AS invite_link_name
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
        coalesce(event_at, received_at) AS changed_at,
        update_id,
        NULL AS invite_link_name
    FROM enriched_updates
    WHERE
        update_type = 'message'
        AND left_chat_member_id IS NOT NULL
        AND NOT coalesce(left_chat_member_is_bot, FALSE)
        AND NOT is_copy
),

-- Those of a day are compared with those of the day before, the mart's lookback, and with no others:
-- the days of a build may be more.
changes AS (
    SELECT tellings.*, CAST(tellings.context_date + later.days * INTERVAL 1 DAY AS date) AS counted_on
    FROM (
        SELECT * FROM told
        UNION ALL
        SELECT *, TRUE AS is_announced FROM announced WHERE user_id <> bot_id
    ) AS tellings
    CROSS JOIN UNNEST([0, 1]) AS later (days)
),

-- Joins (or leaves) of one person in one chat, with less than 5 minutes from each to the next.
begun AS (
    SELECT
        *,
        CASE
            WHEN changed_at <= lag(changed_at) OVER same_change + INTERVAL 5 MINUTE THEN 0
            ELSE 1
        END AS begins
    FROM changes
    WINDOW
        same_change AS (
            PARTITION BY counted_on, chat_id, user_id, change
            ORDER BY changed_at, is_announced, bot_id, update_id
        )
),

grouped AS (
    SELECT
        *,
        sum(begins) OVER (
            PARTITION BY counted_on, chat_id, user_id, change
            ORDER BY changed_at, is_announced, bot_id, update_id
            ROWS UNBOUNDED PRECEDING
        ) AS group_number
    FROM begun
),

-- An event may be told in two ways or to several bots: the first of each source are one event, the
-- second of each are another one, ….
numbered AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY counted_on, chat_id, user_id, change, group_number, is_announced, bot_id
            ORDER BY changed_at, update_id
        ) AS event_number
    FROM grouped
)

SELECT
    bot_id,
    chat_id,
    link_name AS invite_link_name,
    count(*) FILTER (WHERE change = 1) AS joins,
    count(*) FILTER (WHERE change = -1) AS leaves,
    CAST(sum(change) AS bigint) AS net,
    context_date
FROM (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY counted_on, chat_id, user_id, change, group_number, event_number
            ORDER BY changed_at, is_announced, bot_id
        ) AS telling,
        -- An announcement does not tell it.
        max(invite_link_name) OVER (
            PARTITION BY counted_on, chat_id, user_id, change, group_number, event_number
        ) AS link_name
    FROM numbered
)
-- Of several, the one that came first counts.
WHERE telling = 1 AND context_date = counted_on
GROUP BY context_date, bot_id, chat_id, link_name
ORDER BY context_date, bot_id, chat_id, invite_link_name
