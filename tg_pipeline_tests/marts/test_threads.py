"""What becomes of a question: who answers it, how, and how soon."""

from typing import Any

from tg_pipeline.marts.cumulative import THREADS
from tg_pipeline_tests.marts.conftest import Marts
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


def test_the_first_reply_of_another_answers_even_if_others_speak_before(marts: Marts) -> None:
    marts.put(
        asked(),
        message("2026-10-07 09:01", BIA, "bom dia", 2),
        message("2026-10-07 09:02", ANA, "ninguém", 3, reply_to=1),
        message("2026-10-07 09:05", CAIO, "assim", 4, reply_to=1),
        message("2026-10-07 09:06", BIA, "ou assim", 5, reply_to=1),
    )

    assert marts.rows(THREADS, ANSWER) == [(1, 4, CAIO, "human", "reply", 300)]


def test_without_a_reply_the_next_other_speaker_answers(marts: Marts) -> None:
    marts.put(
        asked(),
        message("2026-10-07 09:01", ANA, "por favor", 2),
        announced("2026-10-07 09:02", CAIO, "new_chat_members", CAIO, message_id=3),
        message("2026-10-07 09:03", BIA, "assim", 4),
    )

    assert marts.rows(THREADS, ANSWER) == [(1, 4, BIA, "human", "next", 180)]


def test_the_next_speaker_is_heard_while_another_goes_on_speaking(marts: Marts) -> None:
    # Given Ana, who asks by replying to Bia, who is in the middle of saying something
    marts.put(
        message("2026-10-07 08:58", BIA, "terminei", 1),
        asked("2026-10-07 09:00", 2, reply_to=1),
        message("2026-10-07 09:01", BIA, "com um join", 3),
        message("2026-10-07 09:02", CAIO, "legal", 4),
    )

    assert marts.rows(THREADS, ANSWER) == [(2, 3, BIA, "human", "next", 60)]


def test_who_replies_to_something_else_or_asks_something_does_not_answer(marts: Marts) -> None:
    marts.put(
        message("2026-10-07 08:50", CAIO, "fiz o projeto", 1),
        asked("2026-10-07 09:00", 2),
        message("2026-10-07 09:01", BIA, "parabéns", 3, reply_to=1),
        message("2026-10-07 09:02", BIA, "quando é a aula?", 4),
        message("2026-10-07 09:03", CAIO, "assim", 5),
    )

    assert marts.rows(THREADS, "message_id answer_message_id") == [(2, 5), (4, 5)]


def test_a_command_is_for_a_bot_and_answers_nobody(marts: Marts) -> None:
    marts.put(
        asked("2026-10-07 09:00", 1),
        command("2026-10-07 09:01", BIA, "/aulas", 2),
        message("2026-10-07 09:02", CAIO, "assim", 3),
        asked("2026-10-07 12:00", 4),
        command("2026-10-07 12:01", BIA, "/ajuda", 5),
    )

    rows = marts.rows(THREADS, "message_id answer_message_id answered_through")

    assert rows == [(1, 3, "next"), (4, None, None)]


def test_after_an_hour_only_a_reply_answers(marts: Marts) -> None:
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


def test_an_answer_stands_in_the_same_chat_and_topic(marts: Marts) -> None:
    # Given a question in one topic, and people who speak in another topic and another chat
    def topic(number: int) -> dict[str, Any]:
        return {"reply_to": number, "message_thread_id": number}

    marts.put(
        asked("2026-10-07 09:00", 101, **topic(50)),
        message("2026-10-07 09:01", BIA, "outro tópico", 102, **topic(60)),
        message("2026-10-07 09:02", BIA, "outro grupo", 103, -200),
        message("2026-10-07 09:03", BIA, "assim", 104, **topic(50)),
    )

    assert marts.rows(THREADS, "topic_id answer_message_id") == [(50, 104)]


def test_the_move_of_a_group_does_not_tear_answers_off(marts: Marts) -> None:
    # Given a question asked just before a group gets a new id, under which ids begin anew
    marts.put(
        message("2026-10-07 09:00", ANA, "como faço?", 8, -7),
        message("2026-10-07 09:01", ANA, None, 9, -7, migrate_to_chat_id=-100_7),
        message("2026-10-07 09:02", BIA, "assim", 1, -100_7),
        message("2026-10-07 09:03", BIA, "a outra", 2, -100_7, reply_to=8),
    )

    rows = marts.rows(THREADS, "chat_id message_id answer_message_id answered_through")

    assert rows == [(-100_7, 8, 1, "next")]


def test_bots_answer_and_admins_who_stay_anonymous_are_human(marts: Marts) -> None:
    group = {"id": GROUP, "type": "supergroup"}
    marts.put(
        asked(message_id=1),
        message("2026-10-07 09:01", HELPER_BOT, "assim", 2, reply_to=1),
        asked("2026-10-07 10:00", 3),
        message("2026-10-07 10:01", GROUP_ANONYMOUS_BOT, "assim", 4, reply_to=3, sender_chat=group),
    )

    rows = marts.rows(THREADS, "answerer_id answered_by")

    assert rows == [(HELPER_BOT, "bot"), (GROUP, "human")]


def test_two_mailboxes_may_hold_the_same_id_at_the_same_second(marts: Marts) -> None:
    # Given Ana, who asks the bot and its owner at once, and greets them at once
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
