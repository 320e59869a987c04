-- What people wrote themselves in a month: questions and small talk are looked for among these
-- messages.
WITH written AS (
    SELECT
        *,
        -- The bot has just asked for something; an offer to help is no question.
        coalesce(
            lag(CASE
                WHEN
                    is_own
                    AND regexp_matches(
                        lower(strip_accents(text)),
                        '\?[^\w?]*$'
                        || '|\b(?:digite|informe|envie|diga|escreva|insira|mande|indique|type|enter'
                        || '|send|escrib[ae]|ingres[ae]) (?:me )?(?:o |a |el |la )?(?:seu|sua|your|tu'
                        || '|su|nome|name|nombre|cpf|e-?mail|data|fecha|date)\b'
                    )
                    AND NOT regexp_matches(
                        lower(strip_accents(text)),
                        'ajud|ayud|help|assist|duvida|pergunt|pregunt|question'
                        || '|\b(?:mais|mas|else)\b'
                    )
                    THEN sent_at
            END) OVER conversation >= sent_at - INTERVAL 1 HOUR,
            FALSE
        ) AS is_asked_for
    FROM messages
    WHERE kind = 'message' AND chat_type = 'private'
    WINDOW conversation AS (
        PARTITION BY bot_id, chat_id ORDER BY sent_at, abs(message_id), message_id, update_id
    )
    UNION ALL
    SELECT *, FALSE AS is_asked_for
    FROM messages
    WHERE kind <> 'message' OR chat_type IS DISTINCT FROM 'private'
),

texts AS (
    SELECT
        *,
        CASE
            WHEN command IS NULL THEN text
            -- The payload of a link is not written by a person.
            WHEN command NOT IN ('start', 'startgroup') THEN command_args
        END AS own_text
    FROM written
)

SELECT
    bot_id,
    is_copy,
    kind,
    business_connection_id,
    chat_id,
    chat_id_then,
    message_id,
    user_id,
    sent_at,
    edited_at,
    reply_to_message_id,
    is_addressed,
    is_asked_for,
    own_text AS text,
    command,
    -- Without the command that it began with.
    regexp_replace(first_text, '^/\w+(@\w+)?\s*', '') AS first_text
FROM texts
WHERE
    person_id IS NOT NULL
    AND is_written
    AND NOT is_forward
    AND NOT is_from_offline
    AND chat_id IS NOT NULL
    -- An ephemeral message has no id that an answer could refer to.
    AND message_id <> 0
    AND own_text IS NOT NULL
ORDER BY bot_id, chat_id, sent_at, message_id, kind, business_connection_id
