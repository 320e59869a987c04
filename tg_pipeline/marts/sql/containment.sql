-- Whether the bot helps in private chats, by the week in which an issue began.
WITH issues AS (
    SELECT
        bot_id,
        week,
        count(*) AS issues,
        count(*) FILTER (WHERE outcome = 'unseen') AS unseen,
        count(*) FILTER (WHERE outcome = 'answered') AS answered,
        count(*) FILTER (WHERE is_fallback) AS fallback,
        count(*) FILTER (WHERE outcome = 'unknown') AS unknown,
        count(*) FILTER (WHERE outcome = 'unanswered' AND NOT is_fallback) AS silent,
        count(*) FILTER (WHERE outcome = 'answered' AND is_asked_again) AS asked_again,
        count(*) FILTER (WHERE outcome = 'answered' AND NOT is_asked_again) AS contained,
        count(DISTINCT user_id) AS users,
        quantile_cont(seconds_to_answer, 0.5) AS median_seconds
    FROM threads
    WHERE is_issue_start AND is_private
    GROUP BY bot_id, week
)

SELECT
    bot_id,
    week,
    issues,
    unseen,
    answered,
    fallback,
    silent,
    unknown,
    asked_again,
    contained,
    users,
    CAST(contained AS double) / nullif(issues - unseen, 0) AS contained_share,
    CAST(fallback AS double) / nullif(answered + fallback, 0) AS fallback_share,
    median_seconds
FROM issues
ORDER BY bot_id, week
