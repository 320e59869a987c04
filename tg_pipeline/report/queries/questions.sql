-- The most frequent topics of the questions in the period, and all other questions as one row without a
-- name; with their counts by week.
WITH weeks AS (
    SELECT CAST(weeks.week AS date) AS week
    FROM UNNEST(
        generate_series(date_trunc('week', $first), date_trunc('week', $last), INTERVAL 7 DAY)
    ) AS weeks (week)
),

asked AS (
    SELECT *, CAST(sent_at AT TIME ZONE $timezone AS date) AS sent_on
    FROM questions
    WHERE NOT is_copy AND sent_at >= $begin AND sent_at < $end
),

ranked AS (
    SELECT
        bot_id,
        topic_id,
        -- Questions without a topic have a negative number.
        topic_id >= 0
        AND row_number() OVER (
            PARTITION BY topic_id >= 0 ORDER BY count(*) DESC, bot_id, topic_id
        ) <= $shown AS is_shown
    FROM asked
    GROUP BY bot_id, topic_id
),

named AS (
    SELECT
        CASE WHEN ranked.is_shown THEN asked.bot_id END AS bot_id,
        CASE WHEN ranked.is_shown THEN asked.topic_id END AS topic_id,
        CASE WHEN ranked.is_shown THEN asked.topic_name END AS topic_name,
        CASE WHEN ranked.is_shown THEN asked.language END AS language,
        CAST(date_trunc('week', asked.sent_on) AS date) AS week,
        asked.sent_at,
        asked.chat_id,
        asked.message_id
    FROM asked
    INNER JOIN ranked ON asked.bot_id = ranked.bot_id AND asked.topic_id = ranked.topic_id
),

totals AS (
    SELECT
        bot_id,
        topic_id,
        any_value(topic_name ORDER BY sent_at, chat_id, message_id) AS name,
        mode(language ORDER BY language) AS language,
        count(*) AS questions
    FROM named
    GROUP BY bot_id, topic_id
),

weekly AS (
    SELECT bot_id, topic_id, week, count(*) AS questions
    FROM named
    GROUP BY bot_id, topic_id, week
)

SELECT
    totals.name,
    totals.language,
    totals.questions,
    list(coalesce(weekly.questions, 0) ORDER BY weeks.week) AS weeks
FROM totals
CROSS JOIN weeks
LEFT JOIN weekly
    ON totals.bot_id IS NOT DISTINCT FROM weekly.bot_id
    AND totals.topic_id IS NOT DISTINCT FROM weekly.topic_id
    AND weeks.week = weekly.week
GROUP BY totals.bot_id, totals.topic_id, totals.name, totals.language, totals.questions
ORDER BY totals.name IS NULL, totals.questions DESC, totals.bot_id, totals.topic_id
