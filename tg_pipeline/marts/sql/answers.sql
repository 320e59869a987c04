-- The answer to each question of a month, and what the same rule finds for messages that ask nothing.
WITH recorded AS (
    SELECT
        bot_id,
        day,
        sent_at,
        lag(day) OVER days >= day - 7 AS is_continued,
        CASE WHEN lead(day) OVER days <= day + 7 THEN lead(day) OVER days ELSE day + 1 END
            AS next_day
    FROM known_call_days
    WINDOW days AS (PARTITION BY bot_id ORDER BY day)
),

-- The days on which the bot's calls were recorded: also those without a call, between two with calls
-- that are at most 7 days apart. A recording that has just begun may lack what was sent before.
covered_days AS (
    SELECT
        recorded.bot_id,
        CAST(days.day AS date) AS day,
        CASE
            WHEN days.day = recorded.day AND NOT coalesce(recorded.is_continued, FALSE)
                THEN recorded.sent_at - INTERVAL 10 MINUTE
        END AS begins_at
    FROM recorded
    CROSS JOIN
        UNNEST(generate_series(recorded.day, recorded.next_day - 1, INTERVAL 1 DAY)) AS days (day)
),

said AS MATERIALIZED (
    SELECT
        messages.bot_id,
        messages.is_copy,
        messages.kind,
        messages.business_connection_id,
        messages.chat_id,
        messages.chat_id_then,
        messages.topic_id,
        messages.direct_messages_topic_id,
        messages.comment_thread_id,
        messages.message_id,
        messages.person_id,
        messages.user_id,
        lower(messages.user_username) AS username,
        messages.user_first_name AS first_name,
        messages.speaker_id,
        messages.is_bot,
        messages.reply_to_message_id,
        messages.reply_to_user_id,
        messages.external_reply_chat_id,
        messages.external_reply_message_id,
        messages.mentioned_user_ids,
        messages.mentioned_usernames,
        -- Columns to join conversations by: equal, also where they do not apply. What any bot
        -- receives of a supergroup may answer what another one received.
        CASE WHEN messages.chat_id < -1000000000000 THEN 0 ELSE messages.bot_id END AS observer,
        coalesce(messages.business_connection_id, '') AS connection,
        coalesce(
            messages.topic_id, messages.direct_messages_topic_id, messages.comment_thread_id, 0
        ) AS place,
        detected_questions.bot_id IS NOT NULL AS is_question,
        coalesce(detected_questions.asked_at, messages.sent_at) AS said_at,
        CAST(
            date_trunc(
                'week', coalesce(detected_questions.asked_at, messages.sent_at) AT TIME ZONE $timezone
            ) AS date
        ) AS week,
        messages.kind = 'message' AND coalesce(messages.chat_type = 'private', FALSE)
            AS is_private,
        -- In private chats, and where it is a guest, only the bot itself can answer. Its messages
        -- are known from its recorded calls, and from the export of the chat.
        CASE
            WHEN messages.kind = 'business_message' THEN TRUE
            WHEN messages.kind <> 'message' THEN FALSE
            WHEN messages.chat_type IS DISTINCT FROM 'private' THEN TRUE
            ELSE
                messages.origin = 'export'
                OR (
                    covered_days.day IS NOT NULL
                    AND (
                        covered_days.begins_at IS NULL
                        OR covered_days.begins_at
                        <= coalesce(detected_questions.asked_at, messages.sent_at)
                    )
                )
        END AS is_answer_visible,
        messages.is_own,
        CASE
            WHEN messages.is_own AND messages.chat_type = 'private' AND messages.kind = 'message'
                THEN coalesce(messages.text, '')
        END AS own_text,
        md5(lower(nullif(trim(regexp_replace(messages.text, '\s+', ' ', 'g')), ''))) AS text_digest,
        messages.content_type IS DISTINCT FROM 'sticker' AS is_possible_answer,
        messages.command IS NOT NULL AND NOT messages.is_own AS is_command,
        -- In the comments on a post, every message replies to the post.
        (
            messages.reply_to_message_id IS NULL
            OR messages.reply_to_message_id IS NOT DISTINCT FROM messages.comment_thread_id
        )
        AND messages.external_reply_message_id IS NULL
            AS is_no_reply,
        len(coalesce(messages.mentioned_user_ids, []))
        + len(coalesce(messages.mentioned_usernames, [])) = 0
            AS names_nobody,
        messages.text IS NOT NULL AND NOT messages.is_forward AS is_own_text,
        date_trunc('month', messages.sent_on) AS month,
        -- What follows the month is only read for its answers.
        messages.sent_at < $ends AS is_of_month,
        -- Portuguese, English and Spanish.
        CASE
            WHEN regexp_matches(
                lower(strip_accents(messages.text)),
                '\b(?:obg|obgd[oa]?|o?brigad(?:[oa]+s?|ao|inh[oa])|vale[uw]+|vlw+|grat[oa]|gratidao'
                || '|tks|thx|tnx|ty|thanks+|thank (?:you|u)|gracias|agrade[cz]\w+)\b|🙏'
            )
                THEN lower(strip_accents(messages.text))
        END AS thanks
    FROM messages
    LEFT JOIN detected_questions
        ON messages.bot_id = detected_questions.bot_id
        AND messages.kind = detected_questions.kind
        AND coalesce(messages.business_connection_id, '')
        = coalesce(detected_questions.business_connection_id, '')
        AND messages.chat_id_then = detected_questions.chat_id_then
        AND messages.message_id = detected_questions.message_id
        AND messages.sent_at = detected_questions.sent_at
    LEFT JOIN covered_days
        ON messages.bot_id = covered_days.bot_id
        AND messages.chat_type = 'private'
        AND CAST(
            coalesce(detected_questions.asked_at, messages.sent_at) AT TIME ZONE $timezone AS date
        ) = covered_days.day
    WHERE
        (
            messages.is_written
            OR (messages.is_own AND NOT messages.is_service AND NOT messages.is_automatic_forward)
        )
        AND NOT messages.is_from_offline
        AND messages.speaker_id IS NOT NULL
        AND messages.sent_at < $followed_until
),

-- Each conversation in its order.
turns AS MATERIALIZED (
    SELECT
        *,
        row_number() OVER (
            ORDER BY
                observer,
                kind,
                connection,
                chat_id,
                place,
                said_at,
                -- Of exported messages of private chats and groups, the ids are negative.
                CASE WHEN chat_id < -1000000000000 THEN message_id ELSE abs(message_id) END,
                message_id,
                chat_id_then,
                bot_id
        ) AS turn
    FROM said
),

quotas AS (
    SELECT bot_id, kind, chat_id, week, month, count(*) AS questions
    FROM turns
    -- Whatever somebody writes to a bot, it responds: a placebo would show nothing there.
    WHERE is_question AND is_answer_visible AND is_of_month AND NOT is_private
    GROUP BY bot_id, kind, chat_id, week, month
),

-- As many messages that ask nothing, in the same chats, weeks and months. The hash makes the choice
-- arbitrary but the same each time.
placebos AS (
    SELECT turns.turn
    FROM turns
    INNER JOIN quotas
        ON turns.bot_id = quotas.bot_id
        AND turns.kind = quotas.kind
        AND turns.chat_id = quotas.chat_id
        AND turns.week = quotas.week
        AND turns.month = quotas.month
    WHERE
        turns.person_id IS NOT NULL
        AND turns.is_own_text
        AND NOT turns.is_question
        AND NOT turns.is_command
        AND turns.is_no_reply
        AND turns.message_id <> 0
        AND turns.is_answer_visible
        AND NOT turns.is_private
        AND turns.is_of_month
    QUALIFY
        row_number() OVER (
            PARTITION BY turns.bot_id, turns.kind, turns.chat_id, turns.week, turns.month
            ORDER BY md5(concat_ws(':', turns.chat_id_then, turns.message_id)), turns.turn
        ) <= quotas.questions
),

asked AS MATERIALIZED (
    SELECT turns.*
    FROM turns
    LEFT JOIN placebos ON turns.turn = placebos.turn
    WHERE (turns.is_question AND turns.is_of_month) OR placebos.turn IS NOT NULL
),

-- 1. Replies, within 14 days. One that asks back is an answer only if no other reply is.
replies AS (
    SELECT
        *,
        chat_id_then AS replied_chat_id,
        reply_to_message_id AS replied_message_id,
        kind AS replied_kind,
        connection AS replied_connection
    FROM turns
    WHERE reply_to_message_id IS NOT NULL AND is_possible_answer
    UNION ALL
    SELECT
        *,
        external_reply_chat_id AS replied_chat_id,
        external_reply_message_id AS replied_message_id,
        'message' AS replied_kind,
        '' AS replied_connection
    FROM turns
    WHERE external_reply_message_id IS NOT NULL AND is_possible_answer
),

replied AS (
    SELECT
        asked.turn,
        arg_min(replies.turn, (replies.is_question, replies.said_at, replies.turn)) AS answer_turn
    FROM asked
    INNER JOIN replies
        ON asked.observer = replies.observer
        AND asked.kind = replies.replied_kind
        AND asked.connection = replies.replied_connection
        AND asked.chat_id_then = replies.replied_chat_id
        AND asked.message_id = replies.replied_message_id
    WHERE
        asked.speaker_id <> replies.speaker_id
        AND replies.said_at BETWEEN asked.said_at AND asked.said_at + INTERVAL 14 DAY
    GROUP BY asked.turn
),

-- 2. Messages that name the asker, within an hour: later ones are mostly about something else.
names AS (
    SELECT *, CAST(user_id AS varchar) AS name
    FROM asked
    UNION ALL
    SELECT *, username AS name
    FROM asked
    WHERE username IS NOT NULL
),

named AS (
    SELECT *, CAST(UNNEST(mentioned_user_ids) AS varchar) AS name
    FROM turns
    UNION ALL
    SELECT *, UNNEST(mentioned_usernames) AS name
    FROM turns
),

mentions AS (
    SELECT *
    FROM named
    WHERE
        is_possible_answer
        AND NOT is_command
        AND name IS DISTINCT FROM username
        AND name IS DISTINCT FROM CAST(user_id AS varchar)
),

mentioned AS (
    SELECT names.turn, min(mentions.turn) AS answer_turn
    FROM names
    ASOF INNER JOIN mentions
        ON names.observer = mentions.observer
        AND names.kind = mentions.kind
        AND names.connection = mentions.connection
        AND names.chat_id = mentions.chat_id
        AND names.place = mentions.place
        AND names.name = mentions.name
        AND names.turn < mentions.turn
    WHERE mentions.said_at <= names.said_at + INTERVAL 1 HOUR
    GROUP BY names.turn
),

-- 3. The only other participant within ten minutes. At a change of speakers, the pair of speakers
-- before and after it stays the same until somebody else speaks.
changes AS (
    SELECT
        observer,
        kind,
        connection,
        chat_id,
        place,
        turn,
        said_at,
        speaker_id,
        lag(speaker_id) OVER (
            PARTITION BY observer, kind, connection, chat_id, place ORDER BY turn
        ) AS speaker_before
    FROM turns
    QUALIFY speaker_id IS DISTINCT FROM speaker_before
),

pairs AS (
    SELECT
        *,
        least(speaker_id, speaker_before) IS DISTINCT FROM lag(
            least(speaker_id, speaker_before)
        ) OVER conversation
        OR greatest(speaker_id, speaker_before) IS DISTINCT FROM lag(
            greatest(speaker_id, speaker_before)
        ) OVER conversation
            AS is_other_pair
    FROM changes
    WINDOW conversation AS (
        PARTITION BY observer, kind, connection, chat_id, place ORDER BY turn
    )
),

next_speakers AS (
    SELECT
        *,
        min(CASE WHEN is_other_pair THEN said_at END) OVER (
            PARTITION BY observer, kind, connection, chat_id, place
            ORDER BY turn
            ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS third_speaks_at
    FROM pairs
),

only_others AS (
    SELECT asked.*, next_speakers.speaker_id AS other_id
    FROM asked
    ASOF INNER JOIN next_speakers
        ON asked.observer = next_speakers.observer
        AND asked.kind = next_speakers.kind
        AND asked.connection = next_speakers.connection
        AND asked.chat_id = next_speakers.chat_id
        AND asked.place = next_speakers.place
        AND asked.turn < next_speakers.turn
    WHERE
        next_speakers.said_at <= asked.said_at + INTERVAL 10 MINUTE
        AND (
            next_speakers.third_speaks_at IS NULL
            OR next_speakers.third_speaks_at > asked.said_at + INTERVAL 10 MINUTE
        )
),

-- What is addressed to nobody, or replies to another message of the asker that is no question.
statements AS (
    SELECT *
    FROM turns
    WHERE is_possible_answer AND NOT is_command AND NOT is_question
),

remarks AS (
    SELECT *, NULL AS addressee_id
    FROM statements
    WHERE is_no_reply AND names_nobody
    UNION ALL
    SELECT statements.*, statements.reply_to_user_id AS addressee_id
    FROM statements
    -- Also a question of the month before.
    LEFT JOIN detected_questions AS replied_to
        ON statements.observer
        = CASE WHEN replied_to.chat_id < -1000000000000 THEN 0 ELSE replied_to.bot_id END
        AND statements.kind = replied_to.kind
        AND statements.connection = coalesce(replied_to.business_connection_id, '')
        AND statements.chat_id_then = replied_to.chat_id_then
        AND statements.reply_to_message_id = replied_to.message_id
    WHERE
        NOT statements.is_no_reply
        AND statements.names_nobody
        AND statements.reply_to_user_id <> statements.speaker_id
        AND replied_to.message_id IS NULL
),

listeners AS (
    SELECT *, NULL AS addressee_id
    FROM only_others
    UNION ALL
    SELECT *, user_id AS addressee_id
    FROM only_others
),

remarked AS (
    SELECT listeners.turn, min(remarks.turn) AS answer_turn
    FROM listeners
    ASOF INNER JOIN remarks
        ON listeners.observer = remarks.observer
        AND listeners.kind = remarks.kind
        AND listeners.connection = remarks.connection
        AND listeners.chat_id = remarks.chat_id
        AND listeners.place = remarks.place
        AND listeners.other_id = remarks.speaker_id
        AND coalesce(listeners.addressee_id, 0) = coalesce(remarks.addressee_id, 0)
        AND listeners.turn < remarks.turn
    WHERE remarks.said_at <= listeners.said_at + INTERVAL 10 MINUTE
    GROUP BY listeners.turn
),

-- What somebody else states within a day could be an answer, even without evidence.
statement_changes AS (
    SELECT
        observer,
        kind,
        connection,
        chat_id,
        place,
        turn,
        said_at,
        speaker_id,
        speaker_id IS DISTINCT FROM lag(speaker_id) OVER (
            PARTITION BY observer, kind, connection, chat_id, place ORDER BY turn
        ) AS is_change
    FROM statements
),

next_statements AS (
    SELECT
        *,
        min(CASE WHEN is_change THEN said_at END) OVER (
            PARTITION BY observer, kind, connection, chat_id, place
            ORDER BY turn
            ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS other_speaks_at
    FROM statement_changes
),

followed AS (
    SELECT asked.turn
    FROM asked
    ASOF INNER JOIN next_statements
        ON asked.observer = next_statements.observer
        AND asked.kind = next_statements.kind
        AND asked.connection = next_statements.connection
        AND asked.chat_id = next_statements.chat_id
        AND asked.place = next_statements.place
        AND asked.turn < next_statements.turn
    WHERE
        asked.said_at + INTERVAL 1 DAY >= CASE
            WHEN asked.speaker_id <> next_statements.speaker_id THEN next_statements.said_at
            ELSE next_statements.other_speaks_at
        END
),

answered AS (
    SELECT
        asked.*,
        followed.turn IS NOT NULL AS is_followed,
        CASE
            WHEN replied.turn IS NOT NULL THEN 'reply'
            WHEN mentioned.turn IS NOT NULL THEN 'mention'
            WHEN remarked.turn IS NOT NULL THEN 'only_other'
        END AS answered_through,
        answer.turn AS answer_turn,
        answer.chat_id_then AS answer_chat_id,
        answer.message_id AS answer_message_id,
        answer.speaker_id AS answerer_id,
        answer.is_bot AS is_bot_answer,
        answer.said_at AS answered_at,
        answer.own_text AS answer_own_text,
        answer.text_digest AS answer_text_digest
    FROM asked
    LEFT JOIN replied ON asked.turn = replied.turn
    LEFT JOIN mentioned ON asked.turn = mentioned.turn
    LEFT JOIN remarked ON asked.turn = remarked.turn
    LEFT JOIN followed ON asked.turn = followed.turn
    LEFT JOIN turns AS answer
        ON asked.is_answer_visible
        AND answer.turn = coalesce(
            replied.answer_turn, mentioned.answer_turn, remarked.answer_turn
        )
),

-- In a private chat, what the bot said from the question until the person wrote again.
next_words AS (
    SELECT observer, chat_id, turn
    FROM turns
    WHERE NOT is_own AND is_private
),

own_turns AS (
    SELECT asked.turn, list(DISTINCT own.own_text ORDER BY own.own_text) AS texts
    FROM (
        SELECT asked.turn, asked.observer, asked.chat_id, asked.said_at, next_words.turn AS end_turn
        FROM asked
        ASOF LEFT JOIN next_words
            ON asked.observer = next_words.observer
            AND asked.chat_id = next_words.chat_id
            AND asked.turn < next_words.turn
        WHERE asked.is_private AND asked.is_answer_visible
    ) AS asked
    INNER JOIN turns AS own
        ON asked.observer = own.observer
        AND asked.chat_id = own.chat_id
        AND own.turn > asked.turn
        AND own.turn < coalesce(asked.end_turn, own.turn + 1)
        AND own.said_at <= asked.said_at + INTERVAL 10 MINUTE
    WHERE own.own_text IS NOT NULL
    GROUP BY asked.turn
),

told AS (
    SELECT
        answered.turn,
        CASE
            WHEN
                answered.answer_own_text IS NULL
                OR coalesce(list_contains(own_turns.texts, answered.answer_own_text), FALSE)
                THEN own_turns.texts
            ELSE list_append(coalesce(own_turns.texts, []), answered.answer_own_text)
        END AS own_texts
    FROM answered
    LEFT JOIN own_turns ON answered.turn = own_turns.turn
),

-- Thanks in words. Removed first: what only looks like thanks, and denials that deny no success.
thanks AS (
    SELECT *
    FROM (
        SELECT
            *,
            regexp_replace(
                thanks,
                'val(?:eu|e|er) a pena'
                || '|\b(?:sou|fui|foi|era|somos|ser|sendo) obrigad[oa]s?'
                || '|obrigad[oa]s? a \w+[aei]r\b'
                || '|^\W*(?:no|nao)(?: tem| ha| hay)? (?:proble\w+|worr\w+|sabia)',
                '',
                'g'
            ) AS wording
        FROM turns
        WHERE thanks IS NOT NULL AND NOT is_question
    )
    WHERE
        regexp_matches(
            wording,
            '\b(?:obg|obgd[oa]?|o?brigad(?:[oa]+s?|ao|inh[oa])|vale[uw]+|vlw+|grat[oa]|gratidao'
            || '|tks|thx|tnx|ty|thanks+|thank (?:you|u)|gracias|agrade[cz]\w+)\b|🙏'
        )
        AND NOT regexp_matches(
            wording, '^\W*(?:no|nao|not|nope|nem)\b|\b(?:ainda|mas|but|pero|still|todavia)\b'
        )
),

thanked_in_words AS (
    SELECT answered.turn
    FROM answered
    ASOF INNER JOIN thanks
        ON answered.observer = thanks.observer
        AND answered.kind = thanks.kind
        AND answered.connection = thanks.connection
        AND answered.chat_id = thanks.chat_id
        AND answered.place = thanks.place
        AND answered.speaker_id = thanks.speaker_id
        AND answered.answered_at <= thanks.said_at
    -- An hour: later thanks are mostly for something else.
    WHERE thanks.said_at <= answered.answered_at + INTERVAL 1 HOUR
),

-- Emoji are compared without variation selectors: ❤ arrives with and without one.
thanked_by_reaction AS (
    SELECT DISTINCT answered.turn
    FROM answered
    INNER JOIN enriched_updates
        ON answered.answer_chat_id = enriched_updates.chat_id
        AND answered.answer_message_id = enriched_updates.message_id
        AND answered.user_id = enriched_updates.user_id
    WHERE
        enriched_updates.update_type = 'message_reaction'
        AND answered.observer IN (0, enriched_updates.bot_id)
        AND enriched_updates.event_at <= answered.answered_at + INTERVAL 1 DAY
        AND list_has_any(
            string_split(
                replace(array_to_string(enriched_updates.reactions_added, ' '), chr(65039), ''), ' '
            ),
            string_split('👍 ❤ 🙏 👏 🔥 🎉 🥰 😍 🤩 💯 👌 🤝 🫡 🏆 ❤‍🔥', ' ')
        )
)

SELECT
    answered.bot_id,
    answered.is_copy,
    answered.kind,
    answered.business_connection_id,
    answered.chat_id,
    answered.chat_id_then,
    answered.topic_id,
    answered.direct_messages_topic_id,
    answered.comment_thread_id,
    answered.message_id,
    answered.is_question,
    answered.user_id,
    answered.said_at AS asked_at,
    answered.week,
    answered.is_private,
    answered.is_answer_visible,
    CASE
        WHEN NOT answered.is_answer_visible THEN 'unseen'
        WHEN answered.answer_turn IS NOT NULL THEN 'answered'
        WHEN answered.is_followed THEN 'unknown'
        ELSE 'unanswered'
    END AS outcome,
    CASE WHEN answered.answer_turn IS NOT NULL THEN answered.answered_through END
        AS answered_through,
    answered.answer_chat_id,
    answered.answer_message_id,
    answered.answerer_id,
    CASE WHEN answered.is_bot_answer THEN 'bot' WHEN NOT answered.is_bot_answer THEN 'human' END
        AS answered_by,
    answered.answered_at,
    date_diff('second', answered.said_at, answered.answered_at) AS seconds_to_answer,
    told.own_texts,
    CASE
        WHEN answered.answer_turn IS NULL THEN NULL
        WHEN told.own_texts IS NULL THEN answered.answer_text_digest
        WHEN array_to_string(told.own_texts, '') <> ''
            -- A text that names the person is the same for all of them.
            THEN md5(
                lower(
                    trim(
                        regexp_replace(
                            replace(
                                array_to_string(told.own_texts, chr(10)),
                                coalesce(nullif(answered.first_name, ''), chr(0)),
                                '…'
                            ),
                            '\s+',
                            ' ',
                            'g'
                        )
                    )
                )
            )
    END AS answer_digest,
    thanked_in_words.turn IS NOT NULL OR thanked_by_reaction.turn IS NOT NULL AS is_thanked
FROM answered
LEFT JOIN told ON answered.turn = told.turn
LEFT JOIN thanked_in_words ON answered.turn = thanked_in_words.turn
LEFT JOIN thanked_by_reaction ON answered.turn = thanked_by_reaction.turn
ORDER BY
    answered.bot_id,
    answered.chat_id,
    answered.said_at,
    answered.message_id,
    answered.kind,
    answered.business_connection_id
