-- Who came and went. A bot that is an administrator is told of each change by an update of its own;
-- any other bot sees no more than the announcement in the chat; and many get both.
WITH changes AS (
    SELECT
        context_date,
        bot_id,
        chat_id,
        update_type,
        user_id AS actor_id,
        member_user_id AS member_id,
        CASE
            WHEN member_old_status IN ('left', 'kicked')
                AND member_new_status NOT IN ('left', 'kicked') THEN 1
            WHEN member_old_status NOT IN ('left', 'kicked')
                AND member_new_status IN ('left', 'kicked') THEN -1
            ELSE 0
        END AS change
    FROM enriched_updates
    WHERE update_type IN ('chat_member', 'my_chat_member')
),

-- An announcement is from whoever came or went, or from the one who added or removed them.
told AS (
    SELECT context_date, bot_id, chat_id, change, actor_id AS user_id FROM changes
    UNION
    SELECT context_date, bot_id, chat_id, change, member_id AS user_id FROM changes
),

announced AS (
    SELECT
        context_date,
        bot_id,
        chat_id,
        user_id,
        CASE content_type WHEN 'new_chat_members' THEN 1 ELSE -1 END AS change
    FROM enriched_updates
    WHERE update_type = 'message' AND content_type IN ('new_chat_members', 'left_chat_member')
),

counted AS (
    SELECT context_date, bot_id, chat_id, change
    FROM changes
    WHERE update_type = 'chat_member'
    UNION ALL
    SELECT announced.context_date, announced.bot_id, announced.chat_id, announced.change
    FROM announced
    LEFT JOIN told
        ON announced.context_date = told.context_date
        AND announced.bot_id = told.bot_id
        AND announced.chat_id = told.chat_id
        AND announced.change = told.change
        AND announced.user_id = told.user_id
    WHERE told.bot_id IS NULL
)

SELECT
    bot_id,
    chat_id,
    count(*) FILTER (WHERE change = 1) AS joins,
    count(*) FILTER (WHERE change = -1) AS leaves,
    CAST(sum(change) AS bigint) AS net,
    context_date
FROM counted
WHERE change <> 0
GROUP BY context_date, bot_id, chat_id
ORDER BY context_date, bot_id, chat_id
