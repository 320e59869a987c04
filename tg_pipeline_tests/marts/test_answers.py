"""The marts about questions: answers, response times, resolution and frequency."""

from datetime import date, timedelta
from typing import Any

import pytest

from tg_pipeline.marts.cumulative import FREQUENT_QUESTIONS, RESOLUTION, RESPONSE_TIMES, THREADS
from tg_pipeline_tests.marts.conftest import DAY, SIMPLE_QUESTIONS, Marts
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


def asked(at: str = "2026-10-07 09:00", message_id: int = 1, **fields: Any) -> Payload:
    return message(at, ANA, "como faço?", message_id, **fields)


def test_the_first_reply_is_the_answer_even_after_other_messages(marts: Marts) -> None:
    marts.put(
        asked(),
        message("2026-10-07 09:01", BIA, "bom dia", 2),
        message("2026-10-07 09:02", ANA, "ninguém", 3, reply_to=1),
        message("2026-10-07 09:05", CAIO, "assim", 4, reply_to=1),
        message("2026-10-07 09:06", BIA, "ou assim", 5, reply_to=1),
    )

    assert marts.rows(THREADS, ANSWER) == [(1, 4, CAIO, "human", "reply", 300)]


def test_without_a_reply_the_next_message_of_another_speaker_is_the_answer(marts: Marts) -> None:
    marts.put(
        asked(),
        message("2026-10-07 09:01", ANA, "por favor", 2),
        announced("2026-10-07 09:02", CAIO, "new_chat_members", CAIO, message_id=3),
        message("2026-10-07 09:03", BIA, "assim", 4),
    )

    assert marts.rows(THREADS, ANSWER) == [(1, 4, BIA, "human", "next", 180)]


def test_the_next_speaker_may_have_spoken_before_the_question(marts: Marts) -> None:
    # Given Ana, who asks by replying to Bia, who writes before and after the question
    marts.put(
        message("2026-10-07 08:58", BIA, "terminei", 1),
        asked("2026-10-07 09:00", 2, reply_to=1),
        message("2026-10-07 09:01", BIA, "com um join", 3),
        message("2026-10-07 09:02", CAIO, "legal", 4),
    )

    assert marts.rows(THREADS, ANSWER) == [(2, 3, BIA, "human", "next", 60)]


def test_replies_to_other_messages_and_questions_are_not_answers(marts: Marts) -> None:
    marts.put(
        message("2026-10-07 08:50", CAIO, "fiz o projeto", 1),
        asked("2026-10-07 09:00", 2),
        message("2026-10-07 09:01", BIA, "parabéns", 3, reply_to=1),
        message("2026-10-07 09:02", BIA, "quando é a aula?", 4),
        message("2026-10-07 09:03", CAIO, "assim", 5),
    )

    assert marts.rows(THREADS, "message_id answer_message_id") == [(2, 5), (4, 5)]


def test_commands_are_not_answers(marts: Marts) -> None:
    marts.put(
        asked("2026-10-07 09:00", 1),
        command("2026-10-07 09:01", BIA, "/aulas", 2),
        message("2026-10-07 09:02", CAIO, "assim", 3),
        asked("2026-10-07 12:00", 4),
        command("2026-10-07 12:01", BIA, "/ajuda", 5),
    )

    rows = marts.rows(THREADS, "message_id answer_message_id answered_through")

    assert rows == [(1, 3, "next"), (4, None, None)]


def test_after_an_hour_only_a_reply_is_an_answer(marts: Marts) -> None:
    marts.put(
        asked(message_id=1),
        message("2026-10-07 10:00", BIA, "assim", 2),
        asked("2026-10-07 12:00", 3),
        message("2026-10-07 13:00:01", BIA, "outra coisa", 4),
        asked("2026-10-07 15:00", 5),
        message("2026-10-07 20:00", BIA, "assim", 6, reply_to=5),
    )

    rows = marts.rows(THREADS, "message_id answered_through seconds_to_answer")

    assert rows == [(1, "next", 3600), (3, None, None), (5, "reply", 18_000)]


def test_an_answer_is_in_the_same_chat_and_topic(marts: Marts) -> None:
    # Given a question in one topic, and messages in another topic and another chat
    def topic(number: int) -> dict[str, Any]:
        return {"reply_to": number, "message_thread_id": number}

    marts.put(
        asked("2026-10-07 09:00", 101, **topic(50)),
        message("2026-10-07 09:01", BIA, "outro tópico", 102, **topic(60)),
        message("2026-10-07 09:02", BIA, "outro grupo", 103, -200),
        message("2026-10-07 09:03", BIA, "assim", 104, **topic(50)),
    )

    assert marts.rows(THREADS, "topic_id answer_message_id") == [(50, 104)]


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


def test_anonymous_administrators_answer_as_humans_and_bots_as_bots(marts: Marts) -> None:
    group = {"id": GROUP, "type": "supergroup"}
    marts.put(
        asked(message_id=1),
        message("2026-10-07 09:01", HELPER_BOT, "assim", 2, reply_to=1),
        asked("2026-10-07 10:00", 3),
        message("2026-10-07 10:01", GROUP_ANONYMOUS_BOT, "assim", 4, reply_to=3, sender_chat=group),
    )

    rows = marts.rows(THREADS, "answerer_id answered_by")

    assert rows == [(HELPER_BOT, "bot"), (GROUP, "human")]


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
NEXT_DAY = DAY + timedelta(days=1)


def answered(begin: int = 1) -> list[Payload]:
    """Return a question of Ana's, at nine, and Bia's reply, a minute later."""
    return [
        message("2026-10-07 09:00", ANA, "como faço?", begin),
        message("2026-10-07 09:01", BIA, "assim", begin + 1, reply_to=begin),
    ]


def test_resolution_has_a_row_per_week_and_one_for_all(marts: Marts) -> None:
    # Given an answered question, one that nobody answers, and one a week later
    later = DAY + timedelta(days=7)
    marts.put(*answered(), message("2026-10-07 20:00", CAIO, "quando é a aula?", 9))
    marts.put(message("2026-10-14 20:00", CAIO, "e o prazo?", 19), day=later)

    columns = "week questions unanswered answered answered_by_reply resolved resolved_share"
    rows = marts.rows(RESOLUTION, columns)

    assert rows == [
        (MONDAY, 2, 1, 1, 1, 1, 0.5),
        (MONDAY + timedelta(days=7), 1, 1, 0, 0, 0, 0.0),
        (None, 3, 2, 1, 1, 1, 1 / 3),
    ]


THANKS = {
    "valeu!!": True,
    "muito obrigada 🙏": True,
    "Obrigado, deu certo": True,
    "vlw": True,
    "thanks, that worked": True,
    "ty!": True,
    "mil gracias": True,
    "party de hoje": False,
    "não funcionou": False,
    "obrigatório mesmo": False,
}


@pytest.mark.parametrize("text", THANKS)
def test_thanks_are_recognized_in_three_languages(marts: Marts, text: str) -> None:
    marts.put(*answered(), message("2026-10-07 09:10", ANA, text, 3))

    assert marts.rows(RESOLUTION, "thanked")[0] == (int(THANKS[text]),)


ELSEWHERE = {
    "by somebody else": message("2026-10-07 09:10", CAIO, "valeu", 3),
    "too late": message("2026-10-07 10:01:01", ANA, "valeu", 3),
    "before the answer": message("2026-10-07 09:00:30", ANA, "valeu", 3),
    "in another chat": message("2026-10-07 09:10", ANA, "valeu", 3, -200),
    "in advance, with a question": message("2026-10-07 09:10", ANA, "e isto, valeu?", 3),
}


@pytest.mark.parametrize("how", ELSEWHERE)
def test_thanks_for_something_else_do_not_count(marts: Marts, how: str) -> None:
    marts.put(*answered(), ELSEWHERE[how])

    assert marts.rows(RESOLUTION, "thanked")[0] == (0,)


AGAIN = {
    "the same within a day": (message("2026-10-08 09:00", ANA, "como se faz?", 5), 1),
    "the same after a day": (message("2026-10-08 09:00:01", ANA, "como se faz?", 5), 0),
    "something else": (message("2026-10-07 10:00", ANA, "quando?", 5), 0),
    "by somebody else": (message("2026-10-07 10:00", CAIO, "como se faz?", 5), 0),
    "in another chat": (message("2026-10-07 10:00", ANA, "como se faz?", 5, -200), 1),
}


@pytest.mark.parametrize("what", AGAIN)
def test_a_question_asked_again_within_a_day_is_not_resolved(marts: Marts, what: str) -> None:
    again, counted = AGAIN[what]
    marts.put(*answered())
    marts.put(again, day=NEXT_DAY)

    total = marts.rows(RESOLUTION, "asked_again resolved")[-1]

    assert total == (counted, 1 - counted)


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
