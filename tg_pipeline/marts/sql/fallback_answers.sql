-- What the bot says when it does not know: the same text after questions about different things.
WITH asked AS (
    SELECT
        answers.bot_id,
        answers.chat_id,
        answers.asked_at,
        answers.own_texts,
        lower(strip_accents(questions.text)) AS question,
        -- A text that names the person is the same for all of them.
        CASE
            WHEN len(answers.own_texts) = 1 THEN trim(
                replace(
                    answers.own_texts[1], coalesce(nullif(users.first_name, ''), chr(0)), '…'
                )
            )
        END AS only_text
    FROM answers
    INNER JOIN questions
        ON answers.bot_id = questions.bot_id
        AND answers.kind = questions.kind
        AND answers.chat_id_then = questions.chat_id_then
        AND answers.message_id = questions.message_id
    LEFT JOIN users ON answers.user_id = users.user_id
    WHERE answers.is_question AND answers.is_private AND answers.own_texts IS NOT NULL
),

repeated AS (
    SELECT
        bot_id,
        only_text AS text,
        count(*) AS answers,
        count(DISTINCT chat_id) AS chats,
        min(asked_at) AS first_at,
        max(asked_at) AS last_at
    FROM asked
    WHERE only_text <> ''
    GROUP BY bot_id, only_text
    HAVING count(DISTINCT chat_id) >= 5
),

-- What a question is about shows in its longer words; those that occur in any question do not count.
words AS (
    SELECT DISTINCT
        asked.bot_id,
        asked.only_text AS text,
        asked.chat_id,
        left(listed.word, 5) AS stem
    FROM asked
    INNER JOIN repeated ON asked.bot_id = repeated.bot_id AND asked.only_text = repeated.text
    CROSS JOIN UNNEST(regexp_extract_all(asked.question, '\w{4,}')) AS listed (word)
    WHERE
        NOT list_contains(
            string_split(
                'acho aqui algum alguma alguem alguns ainda alguien aonde aquele aqueles aquilo cada '
                || 'como cual cuales cuando cuanto cuanta cuantos cuantas donde essa esse esta este '
                || 'estao estou estas fazer faco favor gostaria hacer hago hola isso isto mais meus '
                || 'minha minhas muito mucho nada nossa nosso onde para pela pelo pode podem poderia '
                || 'porque porfa porfavor posso preciso puede puedo puedes qual quais qualquer quando '
                || 'quanto quanta quantos quantas quem quero queria quien quiero saber sabe sera seria '
                || 'sobre tambem tenho temos tenemos tengo tiene tudo vamos voce voces about again also '
                || 'another anybody anyone anything been could does doesn doing down every from have '
                || 'hello here into just know like more much need only other over please should some '
                || 'someone something still tell than that them then there these they thing think this '
                || 'want were what when where which while will with would your yours help',
                ' '
            ),
            listed.word
        )
),

shared AS (
    SELECT bot_id, text, max(chats) AS chats
    FROM (
        SELECT bot_id, text, stem, count(*) AS chats
        FROM words
        GROUP BY bot_id, text, stem
    )
    GROUP BY bot_id, text
)

SELECT
    repeated.bot_id,
    repeated.text,
    repeated.answers,
    repeated.chats,
    repeated.first_at,
    repeated.last_at,
    CAST(coalesce(shared.chats, 0) AS double) / repeated.chats AS shared_word_share
FROM repeated
LEFT JOIN shared ON repeated.bot_id = shared.bot_id AND repeated.text = shared.text
WHERE coalesce(shared.chats, 0) < repeated.chats / 2
ORDER BY repeated.bot_id, repeated.answers DESC, repeated.text
