-- The most frequent groups of questions in the period, and all other questions as one row without a
-- name; with their counts in each whole week that has a day in the period.
WITH weeks AS (
    SELECT CAST(weeks.week AS date) AS week
    FROM UNNEST(
        generate_series(date_trunc('week', $first), date_trunc('week', $last), INTERVAL 7 DAY)
    ) AS weeks (week)
),

asked AS (
    SELECT
        bot_id,
        group_id,
        count(*) AS questions,
        any_value(group_name ORDER BY sent_at, chat_id, message_id) AS group_name,
        mode(language ORDER BY language) AS language
    FROM questions
    WHERE CAST(sent_at AT TIME ZONE $timezone AS date) BETWEEN $first AND $last
    GROUP BY bot_id, group_id
),

ranked AS (
    SELECT
        *,
        group_id >= 0
        AND row_number() OVER (
            PARTITION BY group_id >= 0 ORDER BY questions DESC, bot_id, group_id
        ) <= $shown AS is_shown
    FROM asked
),

named AS (
    SELECT
        CASE WHEN is_shown THEN bot_id END AS bot_id,
        CASE WHEN is_shown THEN group_id END AS group_id,
        any_value(CASE WHEN is_shown THEN group_name END) AS name,
        any_value(CASE WHEN is_shown THEN language END) AS language,
        CAST(sum(questions) AS bigint) AS questions
    FROM ranked
    GROUP BY ALL
),

weekly AS (
    SELECT
        CASE WHEN ranked.is_shown THEN counts.bot_id END AS bot_id,
        CASE WHEN ranked.is_shown THEN counts.group_id END AS group_id,
        counts.week,
        sum(counts.questions) AS questions
    FROM frequent_questions AS counts
    LEFT JOIN ranked ON counts.bot_id = ranked.bot_id AND counts.group_id = ranked.group_id
    GROUP BY ALL
)

SELECT
    named.name,
    named.language,
    named.questions,
    list(CAST(coalesce(weekly.questions, 0) AS bigint) ORDER BY weeks.week) AS weeks
FROM named
CROSS JOIN weeks
LEFT JOIN weekly
    ON named.bot_id IS NOT DISTINCT FROM weekly.bot_id
    AND named.group_id IS NOT DISTINCT FROM weekly.group_id
    AND weeks.week = weekly.week
GROUP BY named.bot_id, named.group_id, named.name, named.language, named.questions
ORDER BY named.name IS NULL, named.questions DESC, named.bot_id, named.group_id
