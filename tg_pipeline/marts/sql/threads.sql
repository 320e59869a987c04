-- What became of each question. A person's questions about one thing are one issue: all of them
-- have its answer and its outcome.
WITH RECURSIVE judged AS (
    SELECT
        answers.*,
        -- All that the bot said is that it does not know: that is no answer.
        answers.own_texts IS NOT NULL
        AND coalesce(answers.answered_by, 'bot') = 'bot'
        AND len(
            list_filter(
                list_transform(
                    answers.own_texts,
                    lambda own: trim(
                        replace(own, coalesce(nullif(users.first_name, ''), chr(0)), '…')
                    )
                ),
                lambda own: NOT coalesce(list_contains(fallbacks.texts, own), FALSE)
            )
        ) = 0
            AS is_fallback
    FROM answers
    LEFT JOIN users ON answers.user_id = users.user_id
    LEFT JOIN (
        SELECT bot_id, list(text) AS texts
        FROM fallback_answers
        GROUP BY bot_id
    ) AS fallbacks
        ON answers.bot_id = fallbacks.bot_id
    WHERE answers.is_question
),

found AS (
    SELECT
        * REPLACE (
            CASE
                WHEN is_fallback THEN 'unanswered'
                ELSE outcome
            END AS outcome,
            CASE WHEN NOT is_fallback THEN answered_through END AS answered_through,
            CASE WHEN NOT is_fallback THEN answer_chat_id END AS answer_chat_id,
            CASE WHEN NOT is_fallback THEN answer_message_id END AS answer_message_id,
            CASE WHEN NOT is_fallback THEN answerer_id END AS answerer_id,
            CASE WHEN NOT is_fallback THEN answered_by END AS answered_by,
            CASE WHEN NOT is_fallback THEN answered_at END AS answered_at,
            CASE WHEN NOT is_fallback THEN seconds_to_answer END AS seconds_to_answer,
            is_thanked AND NOT is_fallback AS is_thanked
        ),
        -- Also if it responded that it does not know.
        CASE WHEN is_private AND is_answer_visible
            THEN coalesce(answered_at, asked_at + INTERVAL 1 DAY)
        END AS responded_at
    FROM judged
),

asked AS MATERIALIZED (
    SELECT
        answers.*,
        questions.group_id,
        questions.group_name,
        detected_questions.is_reminder,
        coalesce(answers.business_connection_id, '') AS connection,
        coalesce(
            answers.topic_id, answers.direct_messages_topic_id, answers.comment_thread_id, 0
        ) AS place,
        detected_questions.reply_to_message_id,
        row_number() OVER (
            ORDER BY
                answers.bot_id,
                answers.asked_at,
                answers.chat_id,
                answers.message_id,
                answers.kind,
                answers.business_connection_id
        ) AS turn
    FROM found AS answers
    INNER JOIN questions
        ON answers.bot_id = questions.bot_id
        AND answers.kind = questions.kind
        AND coalesce(answers.business_connection_id, '')
        = coalesce(questions.business_connection_id, '')
        AND answers.chat_id_then = questions.chat_id_then
        AND answers.message_id = questions.message_id
    INNER JOIN detected_questions
        ON answers.bot_id = detected_questions.bot_id
        AND answers.kind = detected_questions.kind
        AND coalesce(answers.business_connection_id, '')
        = coalesce(detected_questions.business_connection_id, '')
        AND answers.chat_id_then = detected_questions.chat_id_then
        AND answers.message_id = detected_questions.message_id
),

-- Questions and answers to them in one order, to know of each question whether an answer was given
-- since the one before.
events AS (
    SELECT
        bot_id,
        kind,
        connection,
        chat_id,
        place,
        user_id,
        turn,
        group_id,
        is_reminder,
        responded_at,
        asked_at AS happened_at,
        FALSE AS is_answer
    FROM asked
    UNION ALL
    SELECT
        bot_id,
        kind,
        connection,
        chat_id,
        place,
        user_id,
        turn,
        group_id,
        is_reminder,
        responded_at,
        answered_at AS happened_at,
        TRUE AS is_answer
    FROM asked
    WHERE answered_at IS NOT NULL
),

ordered AS (
    SELECT
        *,
        max(CASE WHEN is_answer THEN happened_at END) OVER earlier AS answered_at,
        max(CASE WHEN is_answer THEN happened_at END) OVER earlier_in_group AS group_answered_at
    FROM events
    WINDOW
        earlier AS (
            PARTITION BY bot_id, kind, connection, chat_id, place, user_id
            ORDER BY happened_at, is_answer, turn
        ),
        earlier_in_group AS (
            PARTITION BY bot_id, kind, connection, chat_id, place, user_id, group_id
            ORDER BY happened_at, is_answer, turn
        )
),

preceded AS (
    SELECT
        turn,
        happened_at AS asked_at,
        group_id,
        is_reminder,
        lag(turn) OVER conversation AS turn_before,
        lag(is_reminder) OVER conversation AS is_reminder_before,
        lag(happened_at) OVER conversation AS asked_before,
        lag(responded_at) OVER conversation AS responded_before,
        lag(turn) OVER same_group AS group_turn_before,
        lag(happened_at) OVER same_group AS group_asked_before,
        answered_at,
        group_answered_at
    FROM ordered
    WHERE NOT is_answer
    WINDOW
        conversation AS (
            PARTITION BY bot_id, kind, connection, chat_id, place, user_id
            ORDER BY happened_at, turn
        ),
        same_group AS (
            PARTITION BY bot_id, kind, connection, chat_id, place, user_id, group_id
            ORDER BY happened_at, turn
        )
),

continued AS (
    SELECT
        preceded.turn,
        CASE
            WHEN
                NOT preceded.is_reminder
                AND preceded.group_id >= 0
                AND preceded.group_turn_before IS NOT NULL
                AND (
                    preceded.group_asked_before >= preceded.asked_at - INTERVAL 30 MINUTE
                    OR (
                        asked.is_answer_visible
                        AND coalesce(
                            preceded.group_answered_at < preceded.group_asked_before, TRUE
                        )
                    )
                )
                THEN preceded.group_turn_before
            WHEN
                (preceded.is_reminder OR preceded.is_reminder_before)
                AND preceded.asked_before >= preceded.asked_at - INTERVAL 30 MINUTE
                AND coalesce(preceded.answered_at < preceded.asked_before, TRUE)
                THEN preceded.turn_before
            -- People write to a bot in pieces: one question, until the bot responds.
            WHEN
                preceded.responded_before >= preceded.asked_at
                AND preceded.asked_before >= preceded.asked_at - INTERVAL 1 MINUTE
                THEN preceded.turn_before
        END AS turn_before
    FROM preceded
    INNER JOIN asked ON preceded.turn = asked.turn
),

-- A question that replies to somebody else's open question, within half an hour, asks back.
asked_back AS (
    SELECT asked.turn, max(asked_first.turn) AS turn_before
    FROM asked
    INNER JOIN asked AS asked_first
        ON asked.bot_id = asked_first.bot_id
        AND asked.kind = asked_first.kind
        AND asked.connection = asked_first.connection
        AND asked.chat_id_then = asked_first.chat_id_then
        AND asked.reply_to_message_id = asked_first.message_id
    WHERE
        asked.user_id <> asked_first.user_id
        AND asked.turn > asked_first.turn
        AND asked.asked_at <= asked_first.asked_at + INTERVAL 30 MINUTE
        AND coalesce(asked_first.answered_at >= asked.asked_at, TRUE)
    GROUP BY asked.turn
),

links AS (
    SELECT
        asked.turn,
        coalesce(continued.turn_before, asked_back.turn_before, asked.turn) AS turn_before
    FROM asked
    LEFT JOIN continued ON asked.turn = continued.turn
    LEFT JOIN asked_back ON asked.turn = asked_back.turn
),

-- From each question to the first of its issue: every step doubles the distance.
jumps AS (
    SELECT turn, turn_before, 0 AS step
    FROM links
    WHERE turn <> turn_before
    UNION ALL
    SELECT jumps.turn, coalesce(nexts.turn_before, jumps.turn_before) AS turn_before, jumps.step + 1
    FROM jumps
    LEFT JOIN jumps AS nexts ON jumps.turn_before = nexts.turn
    WHERE jumps.step < (SELECT ceil(log2(count(*) + 1)) FROM links WHERE turn <> turn_before)
),

members AS MATERIALIZED (
    SELECT asked.*, coalesce(first_questions.turn_before, asked.turn) AS issue
    FROM asked
    LEFT JOIN (
        SELECT turn, arg_max(turn_before, step) AS turn_before
        FROM jumps
        GROUP BY turn
    ) AS first_questions
        ON asked.turn = first_questions.turn
),

-- In a private chat, the same question after the bot's answer to it is asked again, at any time
-- within a day, also if it belongs to the same issue.
repeated AS (
    SELECT DISTINCT members.issue
    FROM members
    INNER JOIN members AS earlier
        ON members.issue = earlier.issue
        AND members.user_id = earlier.user_id
        AND members.turn > earlier.turn
    WHERE
        members.is_private
        AND NOT members.is_reminder
        AND members.asked_at > earlier.answered_at
        AND members.asked_at <= earlier.answered_at + INTERVAL 1 DAY
),

-- The best evidence for an answer to any of the person's questions, and then the earliest.
best_answers AS (
    SELECT
        starts.turn AS issue,
        starts.message_id AS issue_message_id,
        starts.asked_at AS issue_asked_at,
        CASE
            WHEN bool_or(members.outcome = 'answered') THEN 'answered'
            WHEN bool_or(members.outcome = 'unknown') THEN 'unknown'
            ELSE starts.outcome
        END AS outcome,
        arg_min(
            members.turn,
            (
                list_position(['reply', 'mention', 'only_other'], members.answered_through),
                members.answered_at,
                members.turn
            )
        ) FILTER (WHERE members.outcome = 'answered') AS answered_turn,
        bool_or(members.is_fallback) AS is_fallback
    FROM members
    INNER JOIN asked AS starts
        ON members.issue = starts.turn
        AND members.user_id = starts.user_id
    GROUP BY starts.turn, starts.message_id, starts.asked_at, starts.outcome
),

issues AS MATERIALIZED (
    SELECT
        best_answers.issue,
        best_answers.issue_message_id,
        best_answers.issue_asked_at,
        best_answers.outcome,
        best_answers.is_fallback AND best_answers.outcome = 'unanswered' AS is_fallback,
        asked.answer_chat_id,
        asked.answer_message_id,
        asked.answerer_id,
        asked.answered_by,
        asked.answered_through,
        asked.answered_at,
        coalesce(asked.is_thanked, FALSE) AS is_thanked,
        date_diff('second', best_answers.issue_asked_at, asked.answered_at) AS seconds_to_answer
    FROM best_answers
    LEFT JOIN asked ON best_answers.answered_turn = asked.turn
),

-- The same person asks about the same in another issue, within a day after the issue's answer, or
-- after its first question if it has none.
repeats AS (
    SELECT
        members.issue,
        lead(min(members.asked_at)) OVER (
            PARTITION BY members.bot_id, members.user_id, members.group_id
            ORDER BY min(members.asked_at), members.issue
        ) AS asked_again_at
    FROM members
    WHERE members.group_id >= 0
    GROUP BY members.bot_id, members.user_id, members.group_id, members.issue
),

asked_again AS (
    SELECT DISTINCT repeats.issue
    FROM repeats
    INNER JOIN issues ON repeats.issue = issues.issue
    WHERE
        repeats.asked_again_at
        <= coalesce(issues.answered_at, issues.issue_asked_at) + INTERVAL 1 DAY
    UNION
    SELECT issue
    FROM repeated
),

-- Business hours such as `Mon-Fri 09:00-18:00`, or several ranges separated by `;`.
opening_hours AS (
    SELECT
        weekdays.weekday,
        60 * (60 * CAST(parts.open_hour AS bigint) + CAST(parts.open_minute AS bigint)) AS opens,
        60 * (60 * CAST(parts.close_hour AS bigint) + CAST(parts.close_minute AS bigint)) AS closes
    FROM (
        SELECT
            regexp_extract(
                range,
                '(\w+)(?:-(\w+))? (\d+):(\d+)-(\d+):(\d+)',
                ['first', 'last', 'open_hour', 'open_minute', 'close_hour', 'close_minute']
            ) AS parts
        FROM (SELECT UNNEST(string_split($business_hours, ';')) AS range)
        WHERE range <> ''
    )
    CROSS JOIN (
        SELECT
            UNNEST(range(1, 8)) AS weekday,
            ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] AS names
    ) AS weekdays
    WHERE
        -- A range of days may go over Sunday.
        (weekdays.weekday + 7 - list_position(weekdays.names, parts.first)) % 7
        <= (
            7
            + list_position(
                weekdays.names, CASE WHEN parts.last = '' THEN parts.first ELSE parts.last END
            )
            - list_position(weekdays.names, parts.first)
        ) % 7
),

-- The days from each question to its answer, for the hours in which it waited as instants.
waiting_days AS (
    SELECT
        issue,
        issue_asked_at,
        answered_at,
        UNNEST(
            generate_series(
                date_trunc('day', issue_asked_at AT TIME ZONE $timezone),
                date_trunc('day', answered_at AT TIME ZONE $timezone),
                INTERVAL 1 DAY
            )
        ) AS day
    FROM issues
    WHERE answered_at IS NOT NULL AND (SELECT count(*) FROM opening_hours) > 0
),

business_waits AS (
    SELECT
        waiting_days.issue,
        coalesce(
            sum(
                greatest(
                    0,
                    date_diff(
                        'second',
                        greatest(
                            (waiting_days.day + to_seconds(opening_hours.opens))
                            AT TIME ZONE $timezone,
                            waiting_days.issue_asked_at
                        ),
                        least(
                            (waiting_days.day + to_seconds(opening_hours.closes))
                            AT TIME ZONE $timezone,
                            waiting_days.answered_at
                        )
                    )
                )
            ) FILTER (WHERE opening_hours.weekday IS NOT NULL),
            0
        ) AS seconds
    FROM waiting_days
    LEFT JOIN opening_hours ON isodow(waiting_days.day) = opening_hours.weekday
    GROUP BY waiting_days.issue
)

SELECT
    members.bot_id,
    members.is_copy,
    members.kind,
    members.business_connection_id,
    members.chat_id,
    members.chat_id_then,
    members.topic_id,
    members.direct_messages_topic_id,
    members.comment_thread_id,
    members.message_id,
    members.user_id,
    members.asked_at,
    members.week,
    members.group_id,
    members.group_name,
    issues.issue_message_id,
    members.turn = members.issue AS is_issue_start,
    members.is_private,
    members.is_answer_visible,
    issues.outcome,
    issues.answered_through,
    issues.answer_chat_id,
    issues.answer_message_id,
    issues.answerer_id,
    issues.answered_by,
    issues.answered_at,
    issues.is_fallback,
    issues.seconds_to_answer,
    CAST(business_waits.seconds AS bigint) AS business_seconds_to_answer,
    issues.is_thanked,
    asked_again.issue IS NOT NULL AS is_asked_again
FROM members
INNER JOIN issues ON members.issue = issues.issue
LEFT JOIN asked_again ON members.issue = asked_again.issue
LEFT JOIN business_waits ON members.issue = business_waits.issue
ORDER BY
    members.bot_id,
    members.chat_id,
    members.asked_at,
    members.message_id,
    members.kind,
    members.business_connection_id
