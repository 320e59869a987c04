-- What is asked most: topics of questions, week by week.
WITH asked AS (
    SELECT
        *,
        CAST(date_trunc('week', asked_at AT TIME ZONE $timezone) AS date) AS week
    FROM questions
    WHERE NOT is_copy
)

SELECT
    bot_id,
    week,
    topic_id,
    max(CASE WHEN topic_id >= 0 THEN topic_name END) AS topic_name,
    count(*) AS questions,
    count(DISTINCT user_id) AS users,
    CAST(count(*) AS double) / sum(count(*)) OVER (PARTITION BY bot_id, week) AS share
FROM asked
GROUP BY bot_id, week, topic_id
ORDER BY bot_id, week, topic_id
