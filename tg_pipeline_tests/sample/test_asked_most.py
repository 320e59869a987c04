"""The ten topics asked most of a built sample month, against what its people and chats asked."""

from collections import Counter, defaultdict
from datetime import date
from typing import NamedTuple

import pytest

from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.landing.zone import list_days
from tg_pipeline.marts.cumulative import ANSWERS, DETECTED_QUESTIONS, MESSAGES, QUESTIONS
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.questions import installed_encoder
from tg_pipeline.sample import deliveries_with_calls
from tg_pipeline_tests.builds.test_sample_month import ZONE, land_sample
from tg_pipeline_tests.built_marts import rows_of
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.questions.chat import needs_encoder
from tg_pipeline_tests.sample.intents import intent_of

SHOWN, DAYS, PER_DAY = 10, 30, 300
NEAR_TIE = 0.9
"""The share of the tenth intent's questions from which on another one can take its place."""

pytestmark = [pytest.mark.slow, needs_encoder]


class BuiltMonth(NamedTuple):
    """The questions of each topic by their intent, the topics' names, and the true counts."""

    topics: list[Counter[int | None]]
    names: list[str]
    asked: Counter[int | None]

    def intents(self) -> list[int | None]:
        """Return the intent of most questions of each topic."""
        return [topic.most_common(1)[0][0] for topic in self.topics]


@pytest.fixture(scope="module", params=[(date(2026, 10, 1), 1), (date(2025, 3, 1), 4)])
def month(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BuiltMonth:
    """Return a month with private chats, commands, and the bot's calls."""
    start, seed = request.param
    pipeline = Pipeline(tmp_path_factory.mktemp("asked_most"))
    land_sample(pipeline, deliveries_with_calls(start, DAYS, PER_DAY, seed=seed, zone=ZONE))
    for day in list_days(pipeline.landing):
        pipeline.build(day)
    parameters = MartParameters(ZONE.key, meanings=installed_encoder())
    with mart_builder(pipeline.lake, parameters) as builder:
        for mart in (MESSAGES, DETECTED_QUESTIONS, ANSWERS, QUESTIONS):
            builder.build(mart)
    topics: dict[int, Counter[int | None]] = defaultdict(Counter)
    names = {}
    for row in rows_of(pipeline.lake, QUESTIONS):
        if not row["is_copy"]:
            topics[row["topic_id"]][intent_of(row["text"])] += 1
            names[row["topic_id"]] = row["topic_name"]
    asked: Counter[int | None] = Counter(
        intent
        for row in rows_of(pipeline.lake, MESSAGES)
        if row["text"] and not (row["is_copy"] or row["is_own"] or row["is_bot"])
        if (intent := intent_of(row["text"])) is not None
    )
    shown = range(SHOWN)
    return BuiltMonth([topics[each] for each in shown], [names[each] for each in shown], asked)


def test_the_ten_topics_are_the_ten_intents_asked_most(month: BuiltMonth) -> None:
    intents = month.intents()

    tenth = month.asked.most_common(SHOWN)[-1][1]
    assert len(set(intents)) == SHOWN
    assert all(month.asked[each] >= NEAR_TIE * tenth for each in intents)
    assert intents[0] == month.asked.most_common(1)[0][0]


def test_each_topic_has_the_questions_of_its_intent_and_its_name(month: BuiltMonth) -> None:
    for topic, name, intent in zip(month.topics, month.names, month.intents(), strict=True):
        assert intent_of(name) == intent
        # Nearly all of its intent's, and few others
        assert topic[intent] >= 0.8 * month.asked[intent]
        assert topic[intent] >= 0.65 * topic.total()
