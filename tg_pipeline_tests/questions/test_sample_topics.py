"""The topics asked most in a sample month, against the intents that its texts were made from."""

import json
from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from tg_pipeline.questions import detect_questions, group_questions, installed_encoder
from tg_pipeline.sample import deliveries
from tg_pipeline_tests.questions.chat import messages, needs_encoder
from tg_pipeline_tests.sample.intents import intent_of

SHOWN = 10


@pytest.fixture(scope="module")
def questions() -> pa.Table:
    """Return the detected questions of a month."""
    month = deliveries(date(2026, 10, 1), 30, 200, zone=ZoneInfo("America/Sao_Paulo"))
    found = [json.loads(each.body).get("message", {}).get("text") for each in month]
    return detect_questions(messages(*filter(is_unicode, filter(None, found))))


def is_unicode(text: str) -> bool:
    """Return whether a text has no half of a pair of surrogates, as some of the sample have."""
    return text == text.encode(errors="replace").decode()


@pytest.mark.parametrize(
    "meanings", ["", pytest.param(installed_encoder(), id="with meanings", marks=needs_encoder)]
)
def test_each_topic_shown_is_mostly_about_one_intent_and_no_two_about_the_same(
    questions: pa.Table, meanings: str
) -> None:
    found = group_questions(questions, meanings=meanings)

    intents: dict[int, Counter[int | None]] = {}
    for topic, text in zip(found["topic_id"].to_pylist(), found["text"].to_pylist(), strict=True):
        intents.setdefault(topic, Counter())[intent_of(text)] += 1
    leading = [intents[topic].most_common(1)[0] for topic in range(SHOWN)]
    assert len({intent for intent, _ in leading}) == SHOWN
    assert all(count / intents[n].total() >= 0.5 for n, (_, count) in enumerate(leading))
