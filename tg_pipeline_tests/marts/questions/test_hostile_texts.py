"""No text that Telegram delivers breaks or slows the search."""

from time import process_time

import pytest

from tg_pipeline.marts.questions import find_questions
from tg_pipeline_tests.marts.questions.chat import messages, questions

MOST = 4_096
"""Characters of a message, as many as Telegram takes."""

HOSTILE = {
    "emoji": "😀" * MOST,
    "overrides": "\u202e" * MOST,
    "no width": "\u200b" * MOST,
    "control": "\x01\x02\x1b" * (MOST // 3),
    "one word": "a" * MOST,
    "one long question": "como " + "b" * (MOST - 5),
    "marks": "?" * MOST,
    "turned marks": "¿" * MOST,
    "accents": "e" + "\u0301" * (MOST - 1),
    "what grows when normalised": "ﷺ" * MOST,
    "greetings": "oi, " * (MOST // 4),
    "openings": "como " * (MOST // 5),
    "fences": "`" * MOST,
    "quotations": ">\n" * (MOST // 2),
    "links": "www." * (MOST // 4),
    "at signs": "@" * MOST,
    "line breaks": "\n" * MOST,
    "nothing": "",
    "another script": "Как установить?",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_read_at_once(text: str) -> None:
    start = process_time()

    find_questions(messages(text, text + "?", "como emito o certificado?"))

    assert process_time() - start < 2


def test_hostile_texts_do_not_hide_questions_among_them() -> None:
    texts = ["como emito o certificado?", *HOSTILE.values(), "como emito certificado"]

    assert {texts[0], texts[-1]} <= set(questions(*texts))


def test_signs_that_are_not_seen_change_no_meaning() -> None:
    hidden = "como\u200b emito\u202e o cert\u200dificado?"

    found = find_questions(messages(hidden, "como emito o certificado?"))

    assert found["group_id"].to_pylist() == [0, 0]
