"""The topics asked most in sample months, against the intents that their texts were made from."""

import json
from collections import Counter
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from tg_pipeline.questions import detect_questions, group_questions, installed_encoder
from tg_pipeline.sample import deliveries
from tg_pipeline_tests.questions.chat import messages, needs_encoder
from tg_pipeline_tests.sample.intents import intent_of

SHOWN = 10


class Month(NamedTuple):
    """The questions that are detected in a month, and how often each intent was asked."""

    detected: pa.Table
    asked: Counter[int]

    def most_asked(self, number: int) -> set[int]:
        """Return the intents asked most, and those asked as often as the last of them."""
        least = sorted(self.asked.values(), reverse=True)[number - 1]
        return {intent for intent, times in self.asked.items() if times >= least}


@pytest.fixture(scope="module", params=[(date(2026, 10, 1), 1), (date(2024, 9, 1), 2)])
def month(request: pytest.FixtureRequest) -> Month:
    """Return a month of the default size."""
    first, seed = request.param
    simulated = deliveries(first, 30, 300, seed=seed, zone=ZoneInfo("America/Sao_Paulo"))
    found = [json.loads(each.body).get("message", {}).get("text") for each in simulated]
    texts = [text for text in found if text and is_unicode(text)]
    intents = (intent_of(text) for text in texts)
    asked = Counter(intent for intent in intents if intent is not None)
    return Month(detect_questions(messages(*texts)), asked)


def is_unicode(text: str) -> bool:
    """Return whether a text has no half of a pair of surrogates, as some of the sample have."""
    return text == text.encode(errors="replace").decode()


@pytest.mark.parametrize(
    "meanings", ["", pytest.param(installed_encoder(), id="with meanings", marks=needs_encoder)]
)
def test_the_ten_topics_are_mostly_one_intent_each_and_most_of_the_ten_asked_most(
    month: Month, meanings: str
) -> None:
    found = group_questions(month.detected, meanings=meanings)

    intents: dict[int, Counter[int | None]] = {}
    for topic, text in zip(found["topic_id"].to_pylist(), found["text"].to_pylist(), strict=True):
        intents.setdefault(topic, Counter())[intent_of(text)] += 1
    leading = [intents[topic].most_common(1)[0] for topic in range(SHOWN)]
    shares = [asked / intents[topic].total() for topic, (_, asked) in enumerate(leading)]
    shown = {intent for intent, _ in leading}
    assert sum(share >= 0.5 for share in shares) >= 8, shares
    assert len(shown) >= 8
    assert len(shown & month.most_asked(SHOWN)) >= 6
    assert shown >= month.most_asked(1)
