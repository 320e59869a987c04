"""The marts about questions: answers, issues, response times, resolution and frequency."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest

from tg_pipeline.marts.cumulative import (
    ANSWERS,
    FREQUENT_QUESTIONS,
    FREQUENT_TOPICS,
    QUESTIONS,
    RESOLUTION,
    RESPONSE_TIMES,
    THREADS,
)
from tg_pipeline.marts.mart import Mart, MartParameters
from tg_pipeline_tests.marts.conftest import DAY, Cells, Marts
from tg_pipeline_tests.marts.updates import (
    ANA,
    BIA,
    CAIO,
    GROUP,
    GROUP_ANONYMOUS_BOT,
    HELPER_BOT,
    Payload,
    announced,
    command,
    edit,
    message,
    reaction,
    user,
)

MONDAY = date(2026, 10, 5)

SUPERGROUP = -1_001_000_000_007


def says(
    clock: str, sender: int | None, text: str | None, message_id: int, **fields: Any
) -> Payload:
    return message(f"2026-10-07 {clock}", sender, text, message_id, **fields)


def names(user_id: int) -> Payload:
    """Return the fields of a message that begins with the name of a user without a username."""
    return {"entities": [{"type": "text_mention", "offset": 0, "length": 3, "user": user(user_id)}]}


ASKED = says("09:00", ANA, "como faço?", 1)


def in_chat(update: Payload, chat_id: int) -> Payload:
    """Return an update of GROUP in another chat."""
    moved = deepcopy(update)
    for content in moved.values():
        if isinstance(content, dict):
            content["chat"]["id"] = chat_id
            if "external_reply" in content:
                content["external_reply"]["chat"]["id"] = chat_id
    return moved


def rows_of(
    marts: Marts, mart: Mart, columns: str, scenarios: Mapping[str, list[Payload]]
) -> dict[str, Cells]:
    """Return the rows of each scenario; all are built at once, each in a chat of its own."""
    chats = {-1_000 - number: what for number, what in enumerate(scenarios)}
    marts.put(*(in_chat(each, chat) for chat, what in chats.items() for each in scenarios[what]))
    found: dict[str, Cells] = {what: [] for what in scenarios}
    for chat, *row in marts.rows(mart, f"chat_id {columns}"):
        found[chats[chat]].append(tuple(row))
    return found


UNANSWERED = (1, "unanswered", None, None, None)
UNKNOWN = (1, "unknown", None, None, None)

ANSWERED: dict[str, tuple[list[Payload], tuple[Any, ...]]] = {
    "the first reply, however late": (
        [
            ASKED,
            says("09:01", BIA, "bom dia", 2),
            says("09:02", ANA, "ninguém", 3, reply_to=1),
            says("19:00", CAIO, "assim", 4, reply_to=1),
            says("19:01", BIA, "ou assim", 5, reply_to=1),
        ],
        (1, "answered", 4, "reply", 36_000),
    ),
    "a reply from another topic": (
        [
            says("09:00", ANA, "como faço?", 1, message_thread_id=7, is_topic_message=True),
            says(
                *("10:00", BIA, "assim", 2),
                message_thread_id=9,
                is_topic_message=True,
                external_reply={"chat": {"id": GROUP, "type": "supergroup"}, "message_id": 1},
            ),
        ],
        (1, "answered", 2, "reply", 3_600),
    ),
    "a reply that does not ask back": (
        [
            ASKED,
            says("09:02", BIA, "qual erro aparece?", 2, reply_to=1),
            says("09:05", ANA, "erro 500", 3, reply_to=2),
            says("09:20", BIA, "reinicia", 4, reply_to=1),
        ],
        (1, "answered", 4, "reply", 1_200),
    ),
    "a message that names the asker, not one before it": (
        [
            ASKED,
            says("09:00", BIA, "que jogo ontem", 2),
            says("09:03", CAIO, "Ana manda um email", 3, **names(ANA)),
        ],
        (1, "answered", 3, "mention", 180),
    ),
    "a message that names the asker by username": (
        [
            says("09:00", ANA, "como faço?", 1, **{"from": user(ANA) | {"username": "Ana_1"}}),
            says("09:01", BIA, "oi", 2),
            says("09:02", CAIO, "oi", 3),
            says(
                *("09:03", CAIO, "@ana_1 assim", 4),
                entities=[{"type": "mention", "offset": 0, "length": 6}],
            ),
        ],
        (1, "answered", 4, "mention", 180),
    ),
    "no mention after an hour": (
        [ASKED, says("10:00:01", BIA, "Ana oi", 2, **names(ANA))],
        UNKNOWN,
    ),
    "a message of the only other speaker within ten minutes": (
        [
            ASKED,
            says("09:01", ANA, "por favor", 2),
            announced("2026-10-07 09:02", CAIO, "new_chat_members", CAIO, message_id=3),
            says("09:10", BIA, "assim", 4),
            says("09:11", CAIO, "também acho", 5),
        ],
        (1, "answered", 4, "only_other", 600),
    ),
    "no message of one of two other speakers": (
        [ASKED, says("09:03", BIA, "assim", 2), says("09:04", CAIO, "oi", 3)],
        UNKNOWN,
    ),
    "no message after ten minutes": ([ASKED, says("09:10:01", BIA, "assim", 2)], UNKNOWN),
    "no message after a day": (
        [ASKED, message("2026-10-08 09:00:01", BIA, "assim", 2)],
        UNANSWERED,
    ),
    "no reply to somebody else": (
        [
            says("08:00", CAIO, "fiz o projeto", 9),
            ASKED,
            says(
                "09:01", BIA, "parabéns", 2, reply_to_message={"message_id": 9, "from": user(CAIO)}
            ),
        ],
        UNKNOWN,
    ),
    "a reply to another message of the asker": (
        [
            ASKED,
            says("09:01", ANA, "no celular", 2),
            says("09:02", BIA, "assim", 3, reply_to_message={"message_id": 2, "from": user(ANA)}),
        ],
        (1, "answered", 3, "only_other", 120),
    ),
    "no message that names somebody else": (
        [ASKED, says("09:01", BIA, "Eva oi", 2, **names(9))],
        UNKNOWN,
    ),
    "no command, and no question": (
        [ASKED, command("2026-10-07 09:01", BIA, "/ajuda", 2), says("09:02", BIA, "e o prazo?", 3)],
        UNANSWERED,
    ),
    "no sticker, also as a reply": (
        [ASKED, says("09:01", BIA, None, 2, reply_to=1, sticker={"file_unique_id": "x"})],
        UNANSWERED,
    ),
    "no automatic forward of a channel's post": (
        [
            ASKED,
            says(
                *("09:01", 777_000, "notícia", 2),
                sender_chat={"id": -200, "type": "channel"},
                is_automatic_forward=True,
            ),
        ],
        UNANSWERED,
    ),
    "no away message": (
        [ASKED, says("09:01", BIA, "estamos fechados", 2, reply_to=1, is_from_offline=True)],
        UNANSWERED,
    ),
    "nothing by the asker": (
        [ASKED, says("09:05", ANA, "consegui, era a senha", 2, reply_to=1)],
        UNANSWERED,
    ),
    "a message of the same topic": (
        [
            says("09:00", ANA, "como faço?", 1, message_thread_id=50, is_topic_message=True),
            says("09:01", BIA, "a", 2, message_thread_id=60, is_topic_message=True),
            says("09:02", CAIO, "b", 3, message_thread_id=50, is_topic_message=True),
        ],
        (1, "answered", 3, "only_other", 120),
    ),
    "a message of the comments on the same post": (
        [
            says(
                *("08:00", 777_000, "notícia", 9),
                sender_chat={"id": -200, "type": "channel"},
                is_automatic_forward=True,
            ),
            says("09:00", ANA, "como faço?", 1, message_thread_id=9, reply_to=9),
            says("09:01", BIA, "fora", 2),
            says("09:02", CAIO, "assim", 3, message_thread_id=9, reply_to=9),
        ],
        (1, "answered", 3, "only_other", 120),
    ),
    "no direct message of somebody else to the channel": (
        [
            says("09:00", ANA, "como faço?", 1, direct_messages_topic={"topic_id": ANA}),
            says("09:01", BIA, "oi", 2, direct_messages_topic={"topic_id": BIA}),
        ],
        UNANSWERED,
    ),
    "nothing older than the edit that made it a question": (
        [
            says("09:00", ANA, "isto", 1),
            says("09:02", BIA, "oi", 2, reply_to=1),
            edit(says("09:00", ANA, "isto", 1), "2026-10-07 09:30", "isto como?"),
            says("09:31", CAIO, "assim", 3),
        ],
        (1, "answered", 3, "only_other", 60),
    ),
    "a reply before the wording was corrected": (
        [
            says("09:00", ANA, "como fasso?", 1),
            says("09:01", BIA, "assim", 2, reply_to=1),
            edit(says("09:00", ANA, "como fasso?", 1), "2026-10-07 09:30", "como faço?"),
        ],
        (1, "answered", 2, "reply", 60),
    ),
}


def test_the_answer_to_a_question_is(marts: Marts) -> None:
    columns = "message_id outcome answer_message_id answered_through seconds_to_answer is_question"
    scenarios = {what: updates for what, (updates, _) in ANSWERED.items()}

    found = rows_of(marts, ANSWERS, columns, scenarios)

    first_questions = {
        what: next(row[:-1] for row in rows if row[0] == 1 and row[-1])
        for what, rows in found.items()
    }
    assert first_questions == {what: answer for what, (_, answer) in ANSWERED.items()}


def test_bots_anonymous_administrators_and_business_bots_may_answer(marts: Marts) -> None:
    group = {"id": GROUP, "type": "supergroup"}
    shop = {"kind": "business_message", "business_connection_id": "x", "chat_id": ANA}
    marts.put(
        ASKED,
        says("09:01", HELPER_BOT, "assim", 2, reply_to=1),
        says("10:00", ANA, "quando?", 3),
        says("10:01", GROUP_ANONYMOUS_BOT, "assim", 4, reply_to=3, sender_chat=group),
        says("11:00", ANA, "onde?", 5, **shop),
        says("11:01", BIA, "aqui", 6, sender_business_bot=user(HELPER_BOT), **shop),
    )

    rows = marts.rows(THREADS, "message_id answerer_id answered_by")

    assert sorted(rows) == [(1, HELPER_BOT, "bot"), (3, GROUP, "human"), (5, BIA, "bot")]


def test_an_answer_may_follow_the_migration_of_the_group(marts: Marts) -> None:
    # Given a question asked just before a group gets a new id, in which message ids restart
    marts.put(
        says("09:00", ANA, "como faço?", 8, chat_id=-7),
        says("09:01", ANA, None, 9, chat_id=-7, migrate_to_chat_id=SUPERGROUP),
        says("09:02", BIA, "assim", 1, chat_id=SUPERGROUP),
        says("09:03", BIA, "a outra", 2, chat_id=SUPERGROUP, reply_to=8),
    )

    rows = marts.rows(THREADS, "chat_id message_id answer_message_id answered_through")

    assert rows == [(SUPERGROUP, 8, 1, "only_other")]


def test_answers_to_private_and_guest_messages_are_unseen(marts: Marts) -> None:
    # Given Ana, who asks the bot and its owner at the same time, with the same message id
    private = {"chat_id": ANA}
    marts.put(
        says("09:00", ANA, "como faço?", 1, **private),
        says("09:00", ANA, "como faço?", 1, kind="business_message", **private),
        says("09:01", ANA, "como faço?", 1, kind="guest_message"),
        says("09:02", ANA, "como faço?", 1),
    )

    rows = marts.rows(THREADS, "kind is_answer_visible outcome")

    assert sorted(rows) == [
        ("business_message", True, "unanswered"),
        ("guest_message", False, "unseen"),
        ("message", False, "unseen"),
        ("message", True, "unanswered"),
    ]
    assert {row[0] for row in marts.rows(RESPONSE_TIMES, "issues")} == {2}


ISSUES: dict[str, tuple[list[Payload], list[tuple[int, int, str, int | None]]]] = {
    "a question that is asked again before it is answered": (
        [ASKED, says("09:05", ANA, "?", 2), says("09:10", BIA, "assim", 3, reply_to=1)],
        [(1, 1, "answered", 600), (2, 1, "answered", 600)],
    ),
    "a question of the same group, a day later, if still unanswered": (
        [
            ASKED,
            message("2026-10-08 10:00", ANA, "como é?", 2),
            message("2026-10-08 10:01", BIA, "assim", 3, reply_to=2),
        ],
        [(1, 1, "answered", 90_060), (2, 1, "answered", 90_060)],
    ),
    "a question of the same group within half an hour, also if answered": (
        [ASKED, says("09:01", BIA, "assim", 2, reply_to=1), says("09:30", ANA, "como é?", 3)],
        [(1, 1, "answered", 60), (3, 1, "answered", 60)],
    ),
    "not one of the same group later than that": (
        [ASKED, says("09:01", BIA, "assim", 2, reply_to=1), says("09:30:01", ANA, "como é?", 3)],
        [(1, 1, "answered", 60), (3, 3, "unanswered", None)],
    ),
    "a reminder, but not a day later": (
        [
            ASKED,
            says("09:05", ANA, "alguém pode me ajudar?", 2),
            message("2026-10-08 10:00", ANA, "alguém pode me ajudar?", 3),
        ],
        [(1, 1, "unanswered", None), (2, 1, "unanswered", None), (3, 3, "unanswered", None)],
    ),
    "not another question, if neither has a group": (
        [
            says("09:00", ANA, "?qual é a senha do wifi?", 1),
            says("09:01", ANA, "?onde fica a sala?", 2),
            says("09:02", BIA, "assim", 3, reply_to_message={"message_id": 2, "from": user(ANA)}),
        ],
        [(1, 1, "unknown", None), (2, 2, "answered", 60)],
    ),
    "not one of another group": (
        [
            ASKED,
            says("09:01", ANA, "quando?", 2),
            says("09:02", BIA, "assim", 3, reply_to_message={"message_id": 2, "from": user(ANA)}),
        ],
        [(1, 1, "unknown", None), (2, 2, "answered", 60)],
    ),
    "not one without a group after the answer": (
        [ASKED, says("09:01", BIA, "assim", 2, reply_to=1), says("09:02", ANA, "?", 3)],
        [(1, 1, "answered", 60), (3, 3, "unanswered", None)],
    ),
    "the same group again, after a question of another one": (
        [ASKED, says("09:01", ANA, "quando?", 2), says("09:02", ANA, "como é?", 3)],
        [(1, 1, "unanswered", None), (2, 2, "unanswered", None), (3, 1, "unanswered", None)],
    ),
    "not a question of somebody else": (
        [ASKED, says("09:01", BIA, "como é?", 2)],
        [(1, 1, "unanswered", None), (2, 2, "unanswered", None)],
    ),
    "a question that asks back": (
        [
            ASKED,
            says("09:02", BIA, "qual erro?", 2, reply_to=1),
            says("09:05", ANA, "erro 500", 3, reply_to=2),
            says("09:20", BIA, "reinicia", 4, reply_to=1),
        ],
        [(1, 1, "answered", 1_200), (2, 1, "answered", 1_200)],
    ),
}


def test_an_issue_includes(marts: Marts) -> None:
    columns = "message_id issue_message_id outcome seconds_to_answer is_issue_start"
    scenarios = {what: updates for what, (updates, _) in ISSUES.items()}

    found = rows_of(marts, THREADS, columns, scenarios)

    assert found == {
        what: [(*row, row[0] == row[1]) for row in rows] for what, (_, rows) in ISSUES.items()
    }


FRIDAY_TO_MONDAY = [
    message("2026-10-09 17:59", ANA, "como faço?", 1),
    message("2026-10-12 09:01", BIA, "assim", 2, reply_to=1),
]


@pytest.mark.parametrize(
    ("hours", "seconds"),
    [
        ("", None),
        ("Mon-Fri 09:00-18:00", 120),
        ("Mon-Fri 09:00-12:00;Sat 09:00-10:00", 3_660),
        ("Sat-Mon 09:00-24:00", 108_060),
        ("Wed 09:00-18:00", 0),
    ],
)
def test_seconds_within_business_hours_are_counted(
    marts: Marts, hours: str, seconds: int | None
) -> None:
    marts.put(*FRIDAY_TO_MONDAY)
    elsewhere = Marts(marts.lake, MartParameters("America/Sao_Paulo", hours))

    assert elsewhere.rows(THREADS, "business_seconds_to_answer") == [(seconds,)]


REPLY = says("09:01", BIA, "assim", 2, reply_to=1)

THANKS = {
    **dict.fromkeys(
        [
            *("valeu!!", "valeuu", "muito obrigada 🙏", "Obrigado, deu certo", "obrigadão", "obg"),
            *("brigadão", "grato", "vlw", "obgd", "tks", "thank u", "thanks, that worked", "ty!"),
            *("mil gracias", "🙏", "no problem, thanks", "não sabia, obrigado"),
        ],
        True,
    ),
    **dict.fromkeys(
        [
            *("party de hoje", "não funcionou", "obrigatório mesmo", "valeu a pena o curso"),
            *("não, obrigado, ainda não funcionou", "thanks but it fails", "no, thanks"),
            *("sou obrigado a pagar", "brigadeiro de panela", "e isto, valeu?"),
        ],
        False,
    ),
}


def test_thanks_are_recognized_in_three_languages(marts: Marts) -> None:
    scenarios = {text: [ASKED, REPLY, says("09:10", ANA, text, 3)] for text in THANKS}

    found = rows_of(marts, THREADS, "is_thanked", scenarios)

    assert {text: rows[0][0] for text, rows in found.items()} == THANKS


THANKED = {
    "by a reaction to the answer": (reaction("2026-10-08 09:00", ANA, "", "🙏", 2), True),
    "not by a reaction to something else": (reaction("2026-10-07 09:10", ANA, "", "🙏", 9), False),
    "not by a negative reaction": (reaction("2026-10-07 09:10", ANA, "", "👎", 2), False),
    "not by somebody else": (says("09:10", CAIO, "valeu", 3), False),
    "not too late": (says("10:01:01", ANA, "valeu", 3), False),
    "not before the answer": (says("09:00:30", ANA, "valeu", 3), False),
}


def test_an_answer_is_thanked_for(marts: Marts) -> None:
    scenarios = {what: [ASKED, REPLY, thanks] for what, (thanks, _) in THANKED.items()}

    found = rows_of(marts, THREADS, "is_thanked", scenarios)

    assert found == {what: [(is_thanked,)] for what, (_, is_thanked) in THANKED.items()}


AGAIN = {
    "of the same group, within a day": (message("2026-10-08 09:01", ANA, "como?", 3), True),
    "not after a day": (message("2026-10-08 09:01:01", ANA, "como?", 3), False),
    "not within the issue": (says("09:20", ANA, "como?", 3), False),
    "not of another group": (says("10:00", ANA, "quando?", 3), False),
    "not by somebody else": (says("10:00", CAIO, "como?", 3), False),
    "in another chat": (says("10:00", ANA, "como?", 3, chat_id=-200), True),
    "not without a group": (says("10:00", ANA, "?", 3), False),
}


@pytest.mark.parametrize("what", AGAIN)
def test_a_question_is_asked_again(marts: Marts, what: str) -> None:
    again, is_again = AGAIN[what]
    marts.put(ASKED, REPLY, again)

    rows = marts.rows(THREADS, "message_id is_asked_again")

    assert (1, is_again) in rows
    assert marts.rows(RESOLUTION, "resolved")[-1] == (1 - is_again,)


def test_two_bots_of_a_supergroup_see_one_issue_with_the_answer_that_either_receives(
    marts: Marts,
) -> None:
    # Given a question that both bots receive, and a reply that only one of them does
    question, reply = (in_chat(each, SUPERGROUP) for each in (ASKED, REPLY))
    marts.put(question, bot=7)
    marts.put(question, reply, bot=8, day=DAY + timedelta(days=1))

    rows = marts.rows(THREADS, "bot_id is_copy answer_message_id")

    assert rows == [(7, False, 2), (8, True, 2)]
    assert marts.rows(RESOLUTION, "bot_id issues answered")[-1] == (7, 1, 1)
    assert marts.rows(RESPONSE_TIMES, "bot_id issues answered")[0] == (7, 1, 1)
    assert marts.rows(FREQUENT_QUESTIONS, "bot_id questions") == [(7, 1)]


def test_response_times_are_grouped_by_week_and_answerer(marts: Marts) -> None:
    # Given issues of a week, answered after 60, 120 and 600 seconds, perhaps, and never
    marts.put(
        ASKED,
        REPLY,
        says("10:00", ANA, "quando?", 3),
        says("10:02", HELPER_BOT, "assim", 4, reply_to=3),
        says("11:00", ANA, "onde?", 5),
        says("11:10", BIA, "assim", 6, reply_to=5),
        says("12:00", CAIO, "qual?", 7),
        says("13:00", BIA, "boa tarde", 8),
        says("20:00", CAIO, "alguém?", 9),
    )

    columns = (
        "week answered_by issues answered unknown unanswered unanswered_share median_seconds "
        "p90_seconds"
    )
    assert marts.rows(RESPONSE_TIMES, columns) == [
        (MONDAY, "anyone", 5, 3, 1, 1, 0.2, 120.0, 504.0),
        (MONDAY, "bot", 5, 1, 1, 1, 0.2, 120.0, 120.0),
        (MONDAY, "human", 5, 2, 1, 1, 0.2, 330.0, 546.0),
    ]


def test_the_week_of_a_question_is_local(marts: Marts) -> None:
    # Given a question asked at 22:00 on a Sunday in São Paulo, which is Monday in UTC
    marts.put(message("2026-10-11 22:00", ANA, "como?", 1), day=date(2026, 10, 11))

    assert marts.rows(THREADS, "week") == [(MONDAY,)]


def test_resolution_has_a_row_per_week_and_one_for_all(marts: Marts) -> None:
    # Given an answered question, one that nobody answers, and one a week later
    later = DAY + timedelta(days=7)
    marts.put(ASKED, REPLY, says("20:00", CAIO, "quando é a aula?", 9))
    marts.put(message("2026-10-14 20:00", CAIO, "e o prazo?", 19), day=later)

    columns = "week issues unanswered answered answered_by_reply resolved resolved_share"
    rows = marts.rows(RESOLUTION, columns)

    assert rows == [
        (MONDAY, 2, 1, 1, 1, 1, 0.5),
        (MONDAY + timedelta(days=7), 1, 1, 0, 0, 0, 0.0),
        (None, 3, 2, 1, 1, 1, 1 / 3),
    ]


def test_the_placebo_is_as_many_statements_of_the_same_chat_and_week(marts: Marts) -> None:
    # Given two questions in one chat and none in another, and many other messages
    marts.put(
        says("08:00", ANA, "como?", 1),
        says("09:00", BIA, "quando?", 2),
        *(says(f"10:{minute}", CAIO, "aula boa", minute) for minute in range(10, 20)),
        says("11:00", CAIO, "assim", 30, reply_to=1),
        says("11:01", HELPER_BOT, "aviso", 31),
        command("2026-10-07 11:02", CAIO, "/ajuda", 32),
        says("11:03", CAIO, "em outro chat", 1, chat_id=-200),
    )

    placebos = [row for row in marts.rows(ANSWERS, "is_question user_id chat_id") if not row[0]]

    assert placebos == [(False, CAIO, GROUP)] * 2
    assert marts.rows(RESOLUTION, "questions placebo_messages is_distinguishable")[-1] == (
        *(2, 2, False),
    )


def test_frequent_questions_are_counted_by_group_or_topic_and_week(marts: Marts) -> None:
    marts.put(
        message("2026-10-07 09:00", ANA, "como faço?", 1),
        message("2026-10-07 09:10", BIA, "como se faz?", 2),
        message("2026-10-07 09:20", BIA, "como se diz?", 3),
        message("2026-10-07 09:30", BIA, "?-?", 4),
    )

    rows = marts.rows(FREQUENT_QUESTIONS, "week group_id group_name questions users share")
    topics = marts.rows(FREQUENT_TOPICS, "week topic_id topic_name questions users share")

    assert rows == [(MONDAY, -1, None, 1, 1, 0.25), (MONDAY, ord("c"), "c", 3, 2, 0.75)]
    assert topics == rows


def test_only_messages_that_people_write_themselves_can_be_questions(marts: Marts) -> None:
    marts.put(
        says("09:00", ANA, "de quem é isto?", 1, forward_origin={"type": "user"}),
        says("09:01", HELPER_BOT, "posso ajudar?", 2),
        says("09:02", None, "vamos?", 3, sender_chat={"id": -200}),
        says("09:03", ANA, "efêmera?", 0),
        says("09:04", ANA, "voltamos quando?", 5, is_from_offline=True),
        command("2026-10-07 09:04", ANA, "/ask e isto?", 4),
    )

    assert marts.rows(QUESTIONS, "message_id text") == [(4, "e isto?")]
