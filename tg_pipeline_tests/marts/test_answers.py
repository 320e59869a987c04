"""The marts about questions: answers, response times, resolution and frequency."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from tg_pipeline.marts.cumulative import FREQUENT_QUESTIONS, RESOLUTION, RESPONSE_TIMES, THREADS
from tg_pipeline_tests.marts.conftest import DAY, SIMPLE_QUESTIONS, Cells, Marts
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
    message,
)

ANSWER = "message_id answer_message_id answerer_id answered_by answered_through seconds_to_answer"
UNANSWERED = (None, None, None, None, None)


def asked(at: str = "2026-10-07 09:00", message_id: int = 1, **fields: Any) -> Payload:
    return message(at, ANA, "como faço?", message_id, **fields)


ANSWERS: dict[str, tuple[list[Payload], Cells]] = {
    "the first reply, even after other messages": (
        [
            asked(),
            message("2026-10-07 09:01", BIA, "bom dia", 2),
            message("2026-10-07 09:02", ANA, "ninguém", 3, reply_to=1),
            message("2026-10-07 09:05", CAIO, "assim", 4, reply_to=1),
            message("2026-10-07 09:06", BIA, "ou assim", 5, reply_to=1),
        ],
        [(1, 4, CAIO, "human", "reply", 300)],
    ),
    "without a reply, the next message of another speaker": (
        [
            asked(),
            message("2026-10-07 09:01", ANA, "por favor", 2),
            announced("2026-10-07 09:02", CAIO, "new_chat_members", CAIO, message_id=3),
            message("2026-10-07 09:03", BIA, "assim", 4),
        ],
        [(1, 4, BIA, "human", "next", 180)],
    ),
    "neither a reply to another message nor a question": (
        [
            message("2026-10-07 08:50", CAIO, "fiz o projeto", 1),
            asked("2026-10-07 09:00", 2),
            message("2026-10-07 09:01", BIA, "parabéns", 3, reply_to=1),
            message("2026-10-07 09:02", BIA, "quando é a aula?", 4),
            message("2026-10-07 09:03", CAIO, "assim", 5),
        ],
        [(2, 5, CAIO, "human", "next", 180), (4, 5, CAIO, "human", "next", 60)],
    ),
    "not a command": (
        [
            asked("2026-10-07 09:00", 1),
            command("2026-10-07 09:01", BIA, "/aulas", 2),
            message("2026-10-07 09:02", CAIO, "assim", 3),
            asked("2026-10-07 12:00", 4),
            command("2026-10-07 12:01", BIA, "/ajuda", 5),
        ],
        [(1, 3, CAIO, "human", "next", 120), (4, *UNANSWERED)],
    ),
    "only a reply after an hour": (
        [
            asked(message_id=1),
            message("2026-10-07 10:00", BIA, "assim", 2),
            asked("2026-10-07 12:00", 3),
            message("2026-10-07 13:00:01", BIA, "outra coisa", 4),
            asked("2026-10-07 15:00", 5),
            message("2026-10-07 20:00", BIA, "assim", 6, reply_to=5),
        ],
        [
            (1, 2, BIA, "human", "next", 3600),
            (3, *UNANSWERED),
            (5, 6, BIA, "human", "reply", 18_000),
        ],
    ),
    "in the same chat and topic": (
        [
            asked("2026-10-07 09:00", 101, reply_to=50, message_thread_id=50),
            message("2026-10-07 09:01", BIA, "a", 102, reply_to=60, message_thread_id=60),
            message("2026-10-07 09:02", BIA, "outro grupo", 103, -200),
            message("2026-10-07 09:03", BIA, "b", 104, reply_to=50, message_thread_id=50),
        ],
        [(101, 104, BIA, "human", "next", 180)],
    ),
    "by a bot, or by an anonymous administrator": (
        [
            asked(message_id=1),
            message("2026-10-07 09:01", HELPER_BOT, "assim", 2, reply_to=1),
            asked("2026-10-07 10:00", 3),
            message(
                *("2026-10-07 10:01", GROUP_ANONYMOUS_BOT, "assim", 4),
                reply_to=3,
                sender_chat={"id": GROUP, "type": "supergroup"},
            ),
        ],
        [(1, 2, HELPER_BOT, "bot", "reply", 60), (3, 4, GROUP, "human", "reply", 60)],
    ),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_the_answer_to_a_question_is(marts: Marts, what: str) -> None:
    updates, rows = ANSWERS[what]
    marts.put(*updates)

    assert marts.rows(THREADS, ANSWER) == rows


def test_an_answer_may_follow_the_migration_of_the_group(marts: Marts) -> None:
    # Given a question asked just before a group gets a new id, in which message ids restart
    marts.put(
        message("2026-10-07 09:00", ANA, "como faço?", 8, -7),
        message("2026-10-07 09:01", ANA, None, 9, -7, migrate_to_chat_id=-100_7),
        message("2026-10-07 09:02", BIA, "assim", 1, -100_7),
        message("2026-10-07 09:03", BIA, "a outra", 2, -100_7, reply_to=8),
    )

    rows = marts.rows(THREADS, "chat_id message_id answer_message_id answered_through")

    assert rows == [(-100_7, 8, 1, "next")]


def test_messages_of_two_kinds_may_have_the_same_id_and_second(marts: Marts) -> None:
    # Given Ana, who writes to the bot and to its owner at the same times
    private = {"id": ANA, "type": "private"}
    marts.put(
        asked(message_id=5, chat=private),
        asked(message_id=5, chat=private, kind="business_message"),
        message("2026-10-07 10:00", ANA, "quando?", 6, chat=private),
        message("2026-10-07 10:00", ANA, "valeu", 6, chat=private, kind="business_message"),
    )

    # Then each question is one
    rows = marts.rows(THREADS, "kind message_id is_answer_visible")

    assert rows == [("business_message", 5, True), ("message", 5, False), ("message", 6, False)]


def test_answers_to_private_and_guest_messages_are_not_visible(marts: Marts) -> None:
    private = {"chat": {"id": ANA, "type": "private"}}
    marts.put(
        asked("2026-10-07 09:00", 1, **private),
        asked("2026-10-07 09:01", 1, kind="guest_message"),
        asked("2026-10-07 09:02", 1, kind="business_message", **private),
        asked("2026-10-07 09:03", 1),
    )

    rows = marts.rows(THREADS, "kind is_answer_visible")

    assert sorted(rows) == [
        ("business_message", True),
        ("guest_message", False),
        ("message", False),
        ("message", True),
    ]
    assert marts.rows(RESPONSE_TIMES, "answered_by questions") == [
        ("anyone", 2),
        ("bot", 2),
        ("human", 2),
    ]


def test_response_times_are_grouped_by_week_and_answerer(marts: Marts) -> None:
    # Given four questions of a week, answered after 60, 120 and 600 seconds, and never
    marts.put(
        asked("2026-10-07 09:00", 1),
        message("2026-10-07 09:01", BIA, "assim", 2, reply_to=1),
        asked("2026-10-07 10:00", 3),
        message("2026-10-07 10:02", HELPER_BOT, "assim", 4, reply_to=3),
        asked("2026-10-07 11:00", 5),
        message("2026-10-07 11:10", BIA, "assim", 6, reply_to=5),
        asked("2026-10-07 20:00", 7),
    )

    columns = "week answered_by questions answered unanswered_share median_seconds p90_seconds"
    monday = date(2026, 10, 5)
    assert marts.rows(RESPONSE_TIMES, columns) == [
        (monday, "anyone", 4, 3, 0.25, 120.0, 504.0),
        (monday, "bot", 4, 1, 0.75, 120.0, 120.0),
        (monday, "human", 4, 2, 0.5, 330.0, 546.0),
    ]


def test_the_week_of_a_question_is_local(marts: Marts) -> None:
    # Given a question asked at 22:00 on a Sunday in São Paulo, which is Monday in UTC
    marts.put(asked("2026-10-11 22:00", 1), day=date(2026, 10, 11))

    assert marts.rows(THREADS, "week") == [(date(2026, 10, 5),)]


MONDAY = date(2026, 10, 5)


Following = tuple[int, str, int, str, int]
"""Days after the question, local time, sender, text, and chat."""


def outcomes(marts: Marts, column: str, messages: Iterable[Following]) -> list[int]:
    """Return a count per week; each has Ana's question, Bia's answer, and one of the messages."""
    for number, (days, clock, sender, text, chat) in enumerate(messages):
        day, first = DAY + timedelta(weeks=number), 10 * number + 1
        later = day + timedelta(days=days)
        following = message(f"{later} {clock}", sender, text, first + 2, chat)
        thread = [
            message(f"{day} 09:00", ANA, "como faço?", first),
            message(f"{day} 09:01", BIA, "assim", first + 1, reply_to=first),
        ]
        if days:
            marts.put(*thread, day=day)
            marts.put(following, day=later)
        else:
            marts.put(*thread, following, day=day)
    return [count for (count,) in marts.rows(RESOLUTION, column)[:-1]]


def test_resolution_has_a_row_per_week_and_one_for_all(marts: Marts) -> None:
    # Given an answered question, one that nobody answers, and one a week later
    later = DAY + timedelta(days=7)
    marts.put(
        message("2026-10-07 09:00", ANA, "como faço?", 1),
        message("2026-10-07 09:01", BIA, "assim", 2, reply_to=1),
        message("2026-10-07 20:00", CAIO, "quando é a aula?", 9),
    )
    marts.put(message("2026-10-14 20:00", CAIO, "e o prazo?", 19), day=later)

    columns = "week questions unanswered answered answered_by_reply resolved resolved_share"
    rows = marts.rows(RESOLUTION, columns)

    assert rows == [
        (MONDAY, 2, 1, 1, 1, 1, 0.5),
        (MONDAY + timedelta(days=7), 1, 1, 0, 0, 0, 0.0),
        (None, 3, 2, 1, 1, 1, 1 / 3),
    ]


THANKS = {
    "valeu!!": 1,
    "muito obrigada 🙏": 1,
    "Obrigado, deu certo": 1,
    "vlw": 1,
    "thanks, that worked": 1,
    "ty!": 1,
    "mil gracias": 1,
    "party de hoje": 0,
    "não funcionou": 0,
    "obrigatório mesmo": 0,
}


def test_thanks_are_recognized_in_three_languages(marts: Marts) -> None:
    found = outcomes(marts, "thanked", [(0, "09:10", ANA, text, GROUP) for text in THANKS])

    assert dict(zip(THANKS, found, strict=True)) == THANKS


ELSEWHERE = {
    "by somebody else": (0, "09:10", CAIO, "valeu", GROUP),
    "too late": (0, "10:01:01", ANA, "valeu", GROUP),
    "before the answer": (0, "09:00:30", ANA, "valeu", GROUP),
    "in another chat": (0, "09:10", ANA, "valeu", -200),
    "in advance, with a question": (0, "09:10", ANA, "e isto, valeu?", GROUP),
}


def test_thanks_for_something_else_do_not_count(marts: Marts) -> None:
    found = outcomes(marts, "thanked", ELSEWHERE.values())

    assert dict(zip(ELSEWHERE, found, strict=True)) == dict.fromkeys(ELSEWHERE, 0)


AGAIN = {
    "the same within a day": ((1, "09:00", ANA, "como se faz?", GROUP), 1),
    "the same after a day": ((1, "09:00:01", ANA, "como se faz?", GROUP), 0),
    "something else": ((0, "10:00", ANA, "quando?", GROUP), 0),
    "by somebody else": ((0, "10:00", CAIO, "como se faz?", GROUP), 0),
    "in another chat": ((0, "10:00", ANA, "como se faz?", -200), 1),
}


def test_a_question_asked_again_within_a_day_is_not_resolved(marts: Marts) -> None:
    expected = {what: count for what, (_, count) in AGAIN.items()}

    again = outcomes(marts, "asked_again", [following for following, _ in AGAIN.values()])
    resolved = [count for (count,) in marts.rows(RESOLUTION, "resolved")[:-1]]

    assert dict(zip(AGAIN, again, strict=True)) == expected
    assert resolved == [1 - count for count in expected.values()]


def test_two_questions_without_a_group_are_not_the_same(marts: Marts) -> None:
    marts.put(
        message("2026-10-07 09:00", ANA, "?!?", 1),
        message("2026-10-07 10:00", ANA, "?..?", 2),
    )

    assert marts.rows(RESOLUTION, "questions asked_again")[-1] == (2, 0)


def test_frequent_questions_are_counted_by_group_and_week(marts: Marts) -> None:
    marts.put(
        message("2026-10-07 09:00", ANA, "como faço?", 1),
        message("2026-10-07 09:10", BIA, "como se faz?", 2),
        message("2026-10-07 09:20", BIA, "como se diz?", 3),
        message("2026-10-07 09:30", BIA, "?-?", 4),
    )

    rows = marts.rows(FREQUENT_QUESTIONS, "week group_id group_name questions users share")

    assert rows == [(MONDAY, -1, None, 1, 1, 0.25), (MONDAY, ord("c"), "c", 3, 2, 0.75)]


def test_only_messages_that_people_write_themselves_can_be_questions(marts: Marts) -> None:
    marts.put(
        message("2026-10-07 09:00", ANA, "de quem é isto?", 1, forward_origin={"type": "user"}),
        message("2026-10-07 09:01", 99, "posso ajudar?", 2),
        message("2026-10-07 09:02", None, "vamos?", 3, sender_chat={"id": -200}),
        message("2026-10-07 09:03", ANA, "efêmera?", 0),
        command("2026-10-07 09:04", ANA, "/ask e isto?", 4),
    )

    assert marts.rows(SIMPLE_QUESTIONS, "message_id text") == [(4, "e isto?")]
