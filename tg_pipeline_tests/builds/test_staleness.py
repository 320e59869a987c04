"""Which days are stale follows from the tables alone, wherever a build was interrupted."""

from datetime import timedelta

import pytest

from tg_pipeline.builds.layers import build_deduped_updates, build_enriched_updates
from tg_pipeline.builds.staleness import DayState, DayStatus, stale_days
from tg_pipeline_tests.conftest import DAY, TIMEZONE, Pipeline

NEXT_DAY = DAY + timedelta(days=1)
TOMORROW = DAY + timedelta(days=9)
POLL = {"update_id": 100, "poll": {"id": "7"}}


def state(pipeline: Pipeline) -> DayState:
    return pipeline.states()[0]


def test_a_day_goes_from_empty_to_missing_to_built_to_late(pipeline: Pipeline) -> None:
    assert state(pipeline).status(TOMORROW) is DayStatus.EMPTY
    pipeline.land(POLL)
    assert state(pipeline).status(TOMORROW) is DayStatus.MISSING
    pipeline.build()
    assert state(pipeline).status(TOMORROW) is DayStatus.BUILT
    pipeline.land({"update_id": 101})
    assert state(pipeline).status(TOMORROW) is DayStatus.LATE
    assert state(pipeline).status(DAY) is DayStatus.OPEN


@pytest.mark.parametrize("last", ["raw", "deduped"])
def test_an_interrupted_build_leaves_the_day_stale(pipeline: Pipeline, last: str) -> None:
    # Given a day that was built, and an object that landed late
    pipeline.land(POLL)
    pipeline.build()
    pipeline.land({"update_id": 101})

    # When its build is interrupted
    pipeline.build_raw()
    if last == "deduped":
        build_deduped_updates(pipeline.lake, DAY, TIMEZONE)

    # Then the day is stale until the build is finished
    assert state(pipeline).is_stale
    assert state(pipeline).status(TOMORROW) is DayStatus.LATE
    build_deduped_updates(pipeline.lake, DAY, TIMEZONE)
    build_enriched_updates(pipeline.lake, DAY, TIMEZONE)
    assert not state(pipeline).is_stale


def test_a_missing_partition_leaves_the_day_stale(pipeline: Pipeline) -> None:
    pipeline.land(POLL)
    pipeline.build()
    pipeline.lose("enriched_updates")

    assert state(pipeline).is_stale
    assert state(pipeline).status(TOMORROW) is DayStatus.MISSING


def test_a_late_object_may_change_the_next_day(pipeline: Pipeline) -> None:
    # Given an update without a time of its own, built on the day it landed
    pipeline.land(POLL, day=NEXT_DAY)
    pipeline.build(DAY)
    pipeline.build(NEXT_DAY)

    # When a copy lands on the day before
    pipeline.land(POLL, day=DAY)

    # Then both days are stale, and after they are built the later copy is gone
    days = [DAY, NEXT_DAY]
    assert stale_days(pipeline.states(*days)) == days
    for day in days:
        pipeline.build(day)
    assert [len(pipeline.rows("enriched_updates", day)) for day in days] == [1, 0]
    assert stale_days(pipeline.states(*days)) == []


def test_an_empty_day_before_changes_nothing(pipeline: Pipeline) -> None:
    pipeline.land(POLL, day=NEXT_DAY)
    pipeline.build(NEXT_DAY)

    pipeline.build(DAY)

    assert stale_days(pipeline.states(DAY, NEXT_DAY)) == []
