"""Whether questions are resolved, and which come back."""

from datetime import date, timedelta

import pytest

from tg_pipeline.marts.cumulative import FREQUENT_QUESTIONS, RESOLUTION
from tg_pipeline_tests.marts.conftest import DAY, SIMPLE_QUESTIONS, Marts
from tg_pipeline_tests.marts.updates import ANA, BIA, CAIO, Payload, command, message

MONDAY = date(2026, 10, 5)
NEXT_DAY = DAY + timedelta(days=1)


def answered(begin: int = 1) -> list[Payload]:
    """Give a question of Ana's, at nine, and Bia's reply, a minute later."""
    return [
        message("2026-10-07 09:00", ANA, "como faço?", begin),
        message("2026-10-07 09:01", BIA, "assim", begin + 1, reply_to=begin),
    ]


def test_each_week_is_told_and_then_all_of_them(marts: Marts) -> None:
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
def test_thanks_are_told_in_three_languages(marts: Marts, text: str) -> None:
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
def test_who_asks_the_same_again_within_a_day_was_not_helped(marts: Marts, what: str) -> None:
    again, counted = AGAIN[what]
    marts.put(*answered())
    marts.put(again, day=NEXT_DAY)

    total = marts.rows(RESOLUTION, "asked_again resolved")[-1]

    assert total == (counted, 1 - counted)


def test_two_questions_that_are_like_no_other_are_not_the_same(marts: Marts) -> None:
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


def test_questions_are_looked_for_in_what_people_write_themselves(marts: Marts) -> None:
    marts.put(
        message("2026-10-07 09:00", ANA, "de quem é isto?", 1, forward_origin={"type": "user"}),
        message("2026-10-07 09:01", 99, "posso ajudar?", 2),
        message("2026-10-07 09:02", None, "vamos?", 3, sender_chat={"id": -200}),
        message("2026-10-07 09:03", ANA, "efêmera?", 0),
        command("2026-10-07 09:04", ANA, "/ask e isto?", 4),
    )

    assert marts.rows(SIMPLE_QUESTIONS, "message_id text") == [(4, "e isto?")]
