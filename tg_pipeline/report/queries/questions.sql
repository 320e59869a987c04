-- The most frequent topics of the questions in the period, and all other questions as one row without a
-- name; with their counts by week. Each bot has its own number for a topic of the same name.
WITH weeks AS (
    SELECT CAST(weeks.week AS date) AS week
    FROM UNNEST(
        generate_series(date_trunc('week', $first), date_trunc('week', $last), INTERVAL 7 DAY)
    ) AS weeks (week)
),

asked AS (
    SELECT
        bot_id,
        topic_id,
        -- Questions without a topic have a negative number.
        CASE WHEN topic_id >= 0 THEN topic_name END AS topic_name,
        language,
        CAST(date_trunc('week', sent_at AT TIME ZONE $timezone) AS date) AS week
    FROM questions
    WHERE NOT is_copy AND sent_at >= $begin AND sent_at < $end
),

shown AS (
    SELECT
        topic_name AS name,
        row_number() OVER (ORDER BY count(*) DESC, min(bot_id), min(topic_id)) AS place
    FROM asked
    WHERE topic_name IS NOT NULL
    GROUP BY topic_name
    QUALIFY place <= $shown
),

named AS (
    SELECT
        shown.name,
        shown.place,
        CASE WHEN shown.place IS NOT NULL THEN asked.language END AS language,
        asked.week
    FROM asked
    LEFT JOIN shown ON asked.topic_name = shown.name
),

totals AS (
    SELECT
        name,
        place,
        mode(language ORDER BY language) AS language,
        count(*) AS questions
    FROM named
    GROUP BY name, place
),

weekly AS (
    SELECT name, week, count(*) AS questions
    FROM named
    GROUP BY name, week
)

SELECT
    totals.name,
    totals.language,
    totals.questions,
    list(coalesce(weekly.questions, 0) ORDER BY weeks.week) AS weeks
FROM totals
CROSS JOIN weeks
LEFT JOIN weekly
    ON totals.name IS NOT DISTINCT FROM weekly.name
    AND weeks.week = weekly.week
GROUP BY totals.name, totals.place, totals.language, totals.questions
ORDER BY totals.name IS NULL, totals.place
