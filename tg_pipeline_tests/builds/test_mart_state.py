"""The tables themselves tell which marts are due."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tg_pipeline.builds.marts import (
    MartBuilder,
    cumulative_marts_are_stale,
    days_with_stale_marts,
    mart_builder,
)
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline_tests.conftest import DAY, Pipeline

NEXT_DAY = DAY + timedelta(days=1)
ZONE = "America/Sao_Paulo"
MESSAGE = {"message_id": 1, "date": 1_791_378_000, "text": "oi", "from": {"id": 3}}


@pytest.fixture
def builder(pipeline: Pipeline) -> Iterator[MartBuilder]:
    with mart_builder(pipeline.lake, ZONE) as opened:
        yield opened


def due(pipeline: Pipeline) -> int:
    """Count the days of two whose marts are due."""
    return len(days_with_stale_marts(pipeline.lake, [DAY, NEXT_DAY]))


def test_a_day_is_due_once_it_is_enriched_until_its_last_mart_is_built(
    pipeline: Pipeline, builder: MartBuilder
) -> None:
    assert due(pipeline) == 0, "nothing landed"
    pipeline.land({"update_id": 1, "message": MESSAGE})
    assert due(pipeline) == 0, "no layer was built"
    pipeline.build()
    for mart in DAILY_MARTS:
        assert days_with_stale_marts(pipeline.lake, [DAY, NEXT_DAY]) == [DAY]
        builder.build(mart, DAY)
    assert due(pipeline) == 0


def test_a_day_that_changes_is_due_again(pipeline: Pipeline, builder: MartBuilder) -> None:
    pipeline.land({"update_id": 1, "message": MESSAGE})
    pipeline.build()
    for mart in DAILY_MARTS:
        builder.build(mart, DAY)

    pipeline.land({"update_id": 2, "message": MESSAGE})
    pipeline.build()

    assert due(pipeline) == 1


def test_marts_of_all_days_are_due_until_all_are_built_and_when_a_day_changes(
    pipeline: Pipeline, builder: MartBuilder
) -> None:
    # Given a day
    pipeline.land({"update_id": 1, "message": MESSAGE})
    pipeline.build()

    # When the marts are built, they are due up to the last
    for mart in CUMULATIVE_MARTS:
        assert cumulative_marts_are_stale(pipeline.lake, ZONE)
        builder.build(mart)
    assert not cumulative_marts_are_stale(pipeline.lake, ZONE)

    # Then they are due where a day was added, and where the clocks are others
    assert cumulative_marts_are_stale(pipeline.lake, "Asia/Tokyo")
    pipeline.build(NEXT_DAY)
    assert cumulative_marts_are_stale(pipeline.lake, ZONE)
