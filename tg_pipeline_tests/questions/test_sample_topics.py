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
    """With what was answered."""
    asked: Counter[int]

    def without_answers(self) -> "Month":
        """Return the same questions, of which no answer is known."""
        return self._replace(detected=self.detected.drop_columns("answer_digest"))

    def most_asked(self, number: int) -> set[int]:
        """Return the intents asked most, and those asked as often as the last of them."""
        least = sorted(self.asked.values(), reverse=True)[number - 1]
        return {intent for intent, times in self.asked.items() if times >= least}


@pytest.fixture(scope="module", params=[(date(2026, 10, 1), 1), (date(2024, 9, 1), 2)])
def month(request: pytest.FixtureRequest) -> Month:
    """Return a month of the default size, with what people replied to the questions."""
    first, seed = request.param
    simulated = deliveries(first, 30, 300, seed=seed, zone=ZoneInfo("America/Sao_Paulo"))
    texts: list[str] = []
    numbers: dict[tuple[int, int], int] = {}
    answers: dict[int, str] = {}
    for delivery in simulated:
        message = json.loads(delivery.body).get("message", {})
        text = message.get("text")
        if text and is_unicode(text):
            numbers[message["chat"]["id"], message["message_id"]] = len(texts)
            texts.append(text)
            replied_to = message.get("reply_to_message", {}).get("message_id")
            answers.setdefault(numbers.get((message["chat"]["id"], replied_to), -1), text)
    intents = (intent_of(text) for text in texts)
    asked = Counter(intent for intent in intents if intent is not None)
    detected = detect_questions(messages(*texts))
    answered = pa.array([answers.get(each) for each in detected["message_id"].to_pylist()])
    return Month(detected.append_column("answer_digest", answered), asked)


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
    ("meanings", "knows_answers", "of_one", "of_ten"),
    [
        pytest.param("", False, 7, 6, id="letters"),
        pytest.param("", True, 9, 9, id="letters and answers"),
        pytest.param(installed_encoder(), False, 9, 8, id="meanings", marks=needs_encoder),
        pytest.param(
            installed_encoder(), True, 10, 10, id="meanings and answers", marks=needs_encoder
        ),
    ],
)
def test_the_ten_topics_are_mostly_one_intent_each_and_most_of_the_ten_asked_most(
    month: Month,
    meanings: str,
    knows_answers: bool,  # noqa: FBT001
    of_one: int,
    of_ten: int,
) -> None:
    asked = month if knows_answers else month.without_answers()
    topics = ten_topics(asked, meanings)

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
    assert sum(intent_of(topic.name) == topic.intent for topic in topics) >= 9
    # And nine of ten of their questions have that intent
    of_intent = sum(topic.intents[topic.intent] for topic in topics)
    assert of_intent >= 0.9 * sum(topic.intents.total() for topic in topics)


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
