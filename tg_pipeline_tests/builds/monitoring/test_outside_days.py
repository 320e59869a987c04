"""Landed days that have no partition: none of them is left unnamed."""

from datetime import date

import pytest

from tg_pipeline.builds.monitoring.outside_days import (
    OutsideDays,
    OutsideReason,
    PartitionRange,
    find_outside_days,
)
from tg_pipeline.lake.floors import ALL_DAYS, Floors
from tg_pipeline_tests.conftest import Pipeline

START, TODAY = date(2026, 10, 1), date(2026, 10, 20)


def find(pipeline: Pipeline, *days: str, floors: Floors = ALL_DAYS) -> list[OutsideDays]:
    """Land an object on each of the days, and return those that have no partition."""
    for number, day in enumerate(days):
        pipeline.land({"update_id": number}, day=date.fromisoformat(day))
    return find_outside_days(pipeline.landing, pipeline.lake, PartitionRange(START, TODAY, floors))


def test_the_days_from_the_start_to_today_have_a_partition(pipeline: Pipeline) -> None:
    assert find(pipeline, "2026-10-01", "2026-10-07", "2026-10-20") == []


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("0001-01-01", OutsideReason.BEFORE_TELEGRAM),
        ("1969-12-31", OutsideReason.BEFORE_TELEGRAM),
        ("2013-08-13", OutsideReason.BEFORE_TELEGRAM),
        ("2013-08-14", OutsideReason.BEFORE_START),
        ("2026-09-30", OutsideReason.BEFORE_START),
        ("2026-10-21", OutsideReason.TOMORROW),
        ("2026-10-22", OutsideReason.FUTURE),
        ("9999-12-31", OutsideReason.FUTURE),
    ],
)
def test_each_other_day_is_found_with_the_reason(
    pipeline: Pipeline, day: str, reason: OutsideReason
) -> None:
    (found,) = find(pipeline, day)

    assert (found.reason, found.first, found.last) == (reason, *[date.fromisoformat(day)] * 2)
    assert (found.days, found.objects) == (1, 1)
    # A clock that is a little fast is no failure: the day is built once it is over.
    assert found.is_failure is (reason is not OutsideReason.TOMORROW)


def test_the_days_of_a_reason_are_one_sentence_with_what_to_do(pipeline: Pipeline) -> None:
    days = ["2014-12-31", "2015-01-01", "2026-10-07", "2034-12-31", "1970-01-01"]

    very_old, old, future = (each.describe() for each in find(pipeline, *days))

    assert very_old.startswith("1 object landed on 1970-01-01, before TG_START_DATE=2026-10-01, ")
    assert "No update is that old, so a clock was wrong" in very_old
    assert old.startswith("2 objects landed on 2 days from 2014-12-31 to 2015-01-01, before ")
    assert "set TG_START_DATE=2014-12-31" in old
    assert future.startswith(
        "1 object landed on 2034-12-31, in the future (today is 2026-10-20), and is in no table. "
    )
    assert "docs/operating.md" in future


def test_a_folder_without_objects_and_days_that_retention_deletes_are_not_named(
    pipeline: Pipeline,
) -> None:
    # Given an empty folder, and a day below the floor
    (pipeline.folder / "landing" / "telegram" / "context_date=2015-01-01").mkdir(parents=True)
    floor = Floors(landing=date(2026, 9, 30))

    found = find(pipeline, "2026-09-29", "2026-09-30", floors=floor)

    assert [(each.first, each.objects) for each in found] == [(date(2026, 9, 30), 1)]
