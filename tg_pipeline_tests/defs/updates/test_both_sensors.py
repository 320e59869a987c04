"""Both sensors, with a queue and without, request the same runs for the same history."""

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from tg_pipeline_tests.defs.sensor_scenarios import (
    ListingVariant,
    QueueVariant,
    Variant,
    delete_lake,
)


@pytest.fixture(params=[ListingVariant, QueueVariant])
def variant(
    request: pytest.FixtureRequest, tmp_path: Path, instance: dg.DagsterInstance
) -> Variant:
    variant: Variant = request.param(tmp_path, instance)
    return variant


@pytest.mark.slow
def test_a_fortnight_has_the_same_requests(variant: Variant) -> None:
    # Given updates on each day, and a nightly tick
    variant.land("2026-10-01", "2026-10-01")
    assert variant.night("2026-10-02 03:00") == ["daily:2026-10-01"]
    variant.land("2026-10-02")
    assert variant.evaluate("2026-10-02 09:00") == []
    assert variant.night("2026-10-03 03:00") == ["daily:2026-10-02"]

    # When updates land late on two days, one of them many
    variant.land("2026-10-01", *["2026-10-02"] * 30, "2026-10-03")

    # Then one run builds both, and today is left alone
    assert variant.evaluate("2026-10-03 09:00") == ["2026-10-01 to 2026-10-02"]
    assert variant.evaluate("2026-10-03 15:00") == []

    # When something lands on a day whose following day is built, then both are rebuilt
    variant.night("2026-10-04 03:00")
    variant.land("2026-10-02")
    assert variant.evaluate("2026-10-04 09:00") == ["2026-10-02 to 2026-10-03"]

    # When it is half past midnight, then the day that has just ended waits for its tick
    variant.land("2026-10-04", "2026-10-05")
    assert variant.evaluate("2026-10-05 00:30") == []
    assert variant.night("2026-10-05 03:00") == ["daily:2026-10-04"]

    # When the nightly run fails, then the day is requested once more
    variant.land("2026-10-05")
    variant.runs_fail = True
    assert variant.night("2026-10-06 03:00") == ["daily:2026-10-05"]
    variant.runs_fail = False
    assert variant.evaluate("2026-10-06 09:00") == ["2026-10-05 to 2026-10-05"]

    # When nothing ran for days, then the missed days are requested, one run per range
    variant.land("2026-10-06", "2026-10-07", "2026-10-09")
    assert variant.evaluate("2026-10-12 09:00") == [
        "2026-10-06 to 2026-10-07",
        "2026-10-09 to 2026-10-09",
    ]
    assert variant.evaluate("2026-10-12 15:00") == []

    # And a day on which nothing landed is built by its tick
    assert variant.night("2026-10-13 03:00") == ["daily:2026-10-12"]


def test_the_nightly_run_starts_during_a_backfill_and_so_do_days_that_it_does_not_build(
    variant: Variant,
) -> None:
    variant.start_backfill("2026-10-04", "2026-10-05")
    variant.land("2026-10-02", "2026-10-05", "2026-10-07")

    assert variant.evaluate("2026-10-07 21:00") == ["2026-10-02 to 2026-10-02"]
    assert variant.night("2026-10-08 03:00") == ["daily:2026-10-07"]
    assert variant.evaluate("2026-10-08 09:00") == []

    # And a day of the backfill that is stale at its end is requested then, with the day whose
    # marts look back to it
    variant.end_backfill()
    assert variant.evaluate("2026-10-08 12:00") == [
        "2026-10-05 to 2026-10-05",
        "2026-10-07 to 2026-10-07",
    ]


def test_once_a_broken_day_is_fixed_the_day_after_it_is_rebuilt(variant: Variant) -> None:
    # Given a day older than the watched days, never built and broken, and the day after it
    variant.land("2026-10-05", "2026-10-06")
    variant.broken = {"2026-10-05"}
    variant.evaluate("2026-11-20 09:00")

    # When the broken day is fixed, and something lands on it
    variant.broken = set()
    variant.land("2026-10-05")

    # Then it is built, and with it the following day, whose duplicates depend on it
    assert variant.evaluate("2026-11-20 15:00") == ["2026-10-05 to 2026-10-06"]
    assert variant.evaluate("2026-11-20 21:00") == []


def test_a_lake_that_was_deleted_is_built_again(variant: Variant) -> None:
    """The state of its days was requested before, but that was before another scan."""
    variant.land("2026-10-05")
    assert variant.evaluate("2026-10-08 09:00") == ["2026-10-05 to 2026-10-05"]

    delete_lake(variant)
    variant.announce(date(2026, 10, 5), "7-1.json")

    assert variant.evaluate("2026-10-08 15:00") == ["2026-10-05 to 2026-10-05"]
