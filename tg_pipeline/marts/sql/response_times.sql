-- How long people wait for an answer, week by week: by anyone, by a bot, by a human.
WITH answerers AS (
    SELECT * FROM (VALUES ('anyone'), ('bot'), ('human')) AS listed (answered_by)
),

issues AS (
    SELECT
        threads.bot_id,
        threads.week,
        answerers.answered_by,
        count(*) AS issues,
        count(threads.answered_at)
            FILTER (WHERE answerers.answered_by IN ('anyone', threads.answered_by))
            AS answered,
        count(*) FILTER (WHERE threads.outcome = 'unknown') AS unknown,
        count(*) FILTER (WHERE threads.outcome = 'unanswered') AS unanswered,
        quantile_cont(threads.seconds_to_answer, 0.5)
            FILTER (WHERE answerers.answered_by IN ('anyone', threads.answered_by))
            AS median_seconds,
        quantile_cont(threads.seconds_to_answer, 0.9)
            FILTER (WHERE answerers.answered_by IN ('anyone', threads.answered_by))
            AS p90_seconds,
        quantile_cont(threads.business_seconds_to_answer, 0.5)
            FILTER (WHERE answerers.answered_by IN ('anyone', threads.answered_by))
            AS median_business_seconds
    FROM threads
    CROSS JOIN answerers
    WHERE threads.is_issue_start AND threads.is_answer_visible AND NOT threads.is_copy
    GROUP BY threads.bot_id, threads.week, answerers.answered_by
),

placebos AS (
    SELECT
        answers.bot_id,
        answers.week,
        answerers.answered_by,
        count(*) AS messages,
        count(answers.answered_at) AS answered,
        quantile_cont(answers.seconds_to_answer, 0.5) AS median_seconds
    FROM answers
    INNER JOIN answerers ON answerers.answered_by IN ('anyone', answers.answered_by)
    WHERE NOT answers.is_question AND NOT answers.is_copy
    GROUP BY answers.bot_id, answers.week, answerers.answered_by
)

SELECT
    issues.bot_id,
    issues.week,
    issues.answered_by,
    issues.issues,
    issues.answered,
    issues.unknown,
    issues.unanswered,
    CAST(issues.answered AS double) / issues.issues AS answered_share,
    CAST(issues.unknown AS double) / issues.issues AS unknown_share,
    CAST(issues.unanswered AS double) / issues.issues AS unanswered_share,
    issues.median_seconds,
    issues.p90_seconds,
    issues.median_business_seconds,
    coalesce(placebos.answered, 0) AS placebo_answered,
    placebos.median_seconds AS placebo_median_seconds
FROM issues
LEFT JOIN placebos
    ON issues.bot_id = placebos.bot_id
    AND issues.week = placebos.week
    AND issues.answered_by = placebos.answered_by
ORDER BY issues.bot_id, issues.week, issues.answered_by
