"""The marts find what the people of the sample ask the bot, and nothing else."""

from collections.abc import Iterator
from datetime import date

import pytest

from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.landing.zone import list_days
from tg_pipeline.marts.cumulative import DETECTED_QUESTIONS, MESSAGES, SMALL_TALK
from tg_pipeline.marts.mart import Mart, MartParameters
from tg_pipeline.sample import deliveries_with_calls
from tg_pipeline_tests.builds.test_sample_month import ZONE, land_sample
from tg_pipeline_tests.built_marts import rows_of
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.sample.bot_truth import BotTruth, Place, bot_truth

START, DAYS, PER_DAY = date(2025, 3, 3), 10, 250


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    pipeline = Pipeline(tmp_path_factory.mktemp("questions_to_the_bot"))
    land_sample(pipeline, deliveries_with_calls(START, DAYS, PER_DAY, zone=ZONE))
    for day in list_days(pipeline.landing):
        pipeline.build(day)
    with mart_builder(pipeline.lake, MartParameters(ZONE.key)) as builder:
        for mart in (MESSAGES, DETECTED_QUESTIONS, SMALL_TALK):
            builder.build(mart)
    return pipeline


@pytest.fixture(scope="module")
def truth() -> BotTruth:
    return bot_truth(deliveries_with_calls(START, DAYS, PER_DAY, zone=ZONE))


def in_private(pipeline: Pipeline, mart: Mart) -> Iterator[Place]:
    """Yield what a mart has of private chats with the bot, except for what follows a command."""
    commands = {
        (row["chat_id"], row["message_id"])
        for row in rows_of(pipeline.lake, MESSAGES)
        if row["command"]
    }
    for row in rows_of(pipeline.lake, mart):
        place = row["chat_id"], row["message_id"]
        if row["kind"] == "message" and row["chat_id"] > 0 and place not in commands:
            yield place


def test_questions_in_private_chats_are_those_that_people_ask(
    pipeline: Pipeline, truth: BotTruth
) -> None:
    found = sorted(in_private(pipeline, DETECTED_QUESTIONS))

    assert found == sorted(truth.questions)
    assert len(found) > 100


def test_small_talk_in_private_chats_is_what_asks_for_nothing(
    pipeline: Pipeline, truth: BotTruth
) -> None:
    found = sorted(in_private(pipeline, SMALL_TALK))

    assert found == sorted(truth.small_talk)
    assert found
