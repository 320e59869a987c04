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
    """Return the detected questions of a month whose intent is known."""
    month = deliveries(date(2026, 10, 1), 30, 200, zone=ZoneInfo("America/Sao_Paulo"))
    found = [json.loads(each.body).get("message", {}).get("text") for each in month]
    known = [text for text in found if text and intent_of(text) is not None]
    return detect_questions(messages(*known))


@pytest.mark.parametrize(
    "meanings", ["", pytest.param(installed_encoder(), id="with meanings", marks=needs_encoder)]
)
def test_most_topics_shown_are_mostly_about_one_intent(questions: pa.Table, meanings: str) -> None:
    found = group_questions(questions, meanings=meanings)

    intents: dict[int, Counter[int | None]] = {}
    for topic, text in zip(found["topic_id"].to_pylist(), found["text"].to_pylist(), strict=True):
        intents.setdefault(topic, Counter())[intent_of(text)] += 1
    shown = [intents[topic].most_common(1)[0][1] / intents[topic].total() for topic in range(SHOWN)]
    assert sum(share >= 0.5 for share in shown) >= SHOWN - 2
    assert sum(shown) / SHOWN > 0.7
