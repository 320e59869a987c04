-- Whether questions are resolved, week by week and, where week is null, in all.
WITH issues AS (
    SELECT
        bot_id,
        week,
        count(*) AS issues,
        count(*) FILTER (WHERE outcome = 'unseen') AS unseen,
        count(*) FILTER (WHERE outcome = 'unknown') AS unknown,
        count(*) FILTER (WHERE outcome = 'unanswered') AS unanswered,
        count(*) FILTER (WHERE outcome = 'answered') AS answered,
        count(*) FILTER (WHERE answered_by = 'bot') AS answered_by_bot,
        count(*) FILTER (WHERE answered_through = 'reply') AS answered_by_reply,
        count(*) FILTER (WHERE answered_through = 'mention') AS answered_by_mention,
        count(*) FILTER (WHERE answered_through = 'only_other') AS answered_by_only_other,
        count(*) FILTER (WHERE is_thanked) AS thanked,
        count(*) FILTER (WHERE is_answer_visible AND is_asked_again) AS asked_again,
        count(*) FILTER (WHERE outcome = 'answered' AND NOT is_asked_again) AS resolved
    FROM threads
    WHERE is_issue_start AND NOT is_copy
    GROUP BY GROUPING SETS ((bot_id, week), (bot_id))
),

-- Single messages, not issues: only these can be compared with the placebo.
messages AS (
    SELECT
        bot_id,
        week,
        count(*) FILTER (WHERE is_question) AS questions,
        count(*) FILTER (WHERE is_question AND outcome = 'answered') AS questions_answered,
        count(*) FILTER (WHERE NOT is_question) AS placebo_messages,
        count(*) FILTER (WHERE NOT is_question AND outcome = 'answered') AS placebo_answered,
        count(*) FILTER (WHERE NOT is_question AND is_thanked) AS placebo_thanked
    FROM answers
    -- There is no placebo in private chats, since a bot responds to everything there.
    WHERE is_answer_visible AND NOT is_copy AND NOT is_private
    GROUP BY GROUPING SETS ((bot_id, week), (bot_id))
),

compared AS (
    SELECT
        *,
        CAST(questions_answered AS double) / nullif(questions, 0) AS question_share,
        CAST(placebo_answered AS double) / nullif(placebo_messages, 0) AS placebo_share,
        CAST(questions_answered + placebo_answered AS double)
        / nullif(questions + placebo_messages, 0) AS common_share
    FROM messages
)

SELECT
    issues.bot_id,
    issues.week,
    issues.issues,
    issues.unseen,
    issues.unknown,
    issues.unanswered,
    issues.answered,
    issues.answered_by_bot,
    issues.answered_by_reply,
    issues.answered_by_mention,
    issues.answered_by_only_other,
    issues.thanked,
    issues.asked_again,
    issues.resolved,
    CAST(issues.answered AS double) / nullif(issues.issues - issues.unseen, 0) AS answered_share,
    CAST(issues.unknown AS double) / nullif(issues.issues - issues.unseen, 0) AS unknown_share,
    CAST(issues.resolved AS double) / nullif(issues.issues - issues.unseen, 0) AS resolved_share,
    coalesce(compared.questions, 0) AS questions,
    coalesce(compared.questions_answered, 0) AS questions_answered,
    coalesce(compared.placebo_messages, 0) AS placebo_messages,
    coalesce(compared.placebo_answered, 0) AS placebo_answered,
    coalesce(compared.placebo_thanked, 0) AS placebo_thanked,
    compared.placebo_share,
    CAST(compared.placebo_thanked AS double) / nullif(compared.placebo_answered, 0)
        AS placebo_thanked_share,
    -- A two-proportion z-test at 5 %, if at least five answered messages and five others are to be
    -- expected on either side.
    coalesce(
        least(compared.questions, compared.placebo_messages)
        * least(compared.common_share, 1 - compared.common_share) >= 5
        AND abs(compared.question_share - compared.placebo_share) >= 1.96 * sqrt(
            compared.common_share * (1 - compared.common_share)
            * (1.0 / compared.questions + 1.0 / nullif(compared.placebo_messages, 0))
        ),
        FALSE
    ) AS is_distinguishable
FROM issues
LEFT JOIN compared
    ON issues.bot_id = compared.bot_id
    AND issues.week IS NOT DISTINCT FROM compared.week
ORDER BY issues.bot_id, issues.week
