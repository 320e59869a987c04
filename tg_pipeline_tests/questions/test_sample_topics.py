"""The topics asked most in sample months, against the intents that their texts were made from."""

import json
from collections import Counter
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from tg_pipeline.questions import (
    NO_TOPICS,
    OperatorTopics,
    detect_questions,
    group_questions,
    installed_encoder,
)
from tg_pipeline.sample import deliveries
from tg_pipeline_tests.questions.chat import messages, needs_encoder
from tg_pipeline_tests.sample.intents import INTENTS, intent_of

SHOWN = 10
EXAMPLES = 5


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


class Topic(NamedTuple):
    """A topic that is shown: its name, its questions by their intent, and its largest intent."""

    name: str
    intents: Counter[int | None]

    @property
    def intent(self) -> int | None:
        """The intent of most questions."""
        return self.intents.most_common(1)[0][0]

    @property
    def is_mostly_one(self) -> bool:
        """Whether at least half of the questions have one intent."""
        return self.intents[self.intent] >= self.intents.total() / 2


def ten_topics(
    month: Month, meanings: str, operator_topics: OperatorTopics = NO_TOPICS
) -> list[Topic]:
    """Return the topics that the report shows."""
    found = group_questions(month.detected, meanings=meanings, topics=operator_topics)
    columns = (found[name].to_pylist() for name in ("topic_id", "topic_name", "text"))
    topics: dict[int, Topic] = {}
    for number, name, text in zip(*columns, strict=True):
        topics.setdefault(number, Topic(name, Counter())).intents[intent_of(text)] += 1
    return [topics[number] for number in range(SHOWN)]


@pytest.mark.parametrize(
    ("meanings", "of_one", "of_ten"),
    [("", 7, 6), pytest.param(installed_encoder(), 9, 8, id="with meanings", marks=needs_encoder)],
)
def test_the_ten_topics_are_mostly_one_intent_each_and_most_of_the_ten_asked_most(
    month: Month, meanings: str, of_one: int, of_ten: int
) -> None:
    topics = ten_topics(month, meanings)

    shown = {topic.intent for topic in topics}
    assert sum(topic.is_mostly_one for topic in topics) >= of_one
    assert len(shown) >= 8
    assert len(shown & month.most_asked(SHOWN)) >= of_ten
    assert shown >= month.most_asked(1)


@needs_encoder
def test_with_meanings_the_first_topic_is_the_intent_asked_most_and_names_are_of_their_intent(
    month: Month,
) -> None:
    topics = ten_topics(month, installed_encoder())

    assert {topics[0].intent} == month.most_asked(1)
    assert topics[0].is_mostly_one
    assert sum(intent_of(topic.name) == topic.intent for topic in topics) >= 9


@needs_encoder
def test_with_five_examples_of_each_intent_nine_of_the_ten_asked_most_are_shown(
    month: Month,
) -> None:
    examples = [
        (number, question)
        for number, intent in enumerate(INTENTS)
        for question in intent.asks[:EXAMPLES]
    ]
    names = tuple(str(number) for number in range(len(INTENTS)))
    operator_topics = OperatorTopics(
        names,
        examples=tuple(question for _, question in examples),
        of_examples=tuple(number for number, _ in examples),
    )

    topics = ten_topics(month, installed_encoder(), operator_topics)

    assert all(topic.is_mostly_one for topic in topics)
    assert len({topic.intent for topic in topics} & month.most_asked(SHOWN)) >= 9
