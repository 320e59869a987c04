"""The freshness check of the last scheduled day."""

from datetime import date

import dagster as dg

from tg_pipeline.defs.updates.checks import latest_partition_exists
from tg_pipeline_tests.defs.conftest import House, StoppedClock

MORNING = "2026-10-10T12:00:00+00:00"


def yesterday(house: House, at: str = MORNING) -> dg.AssetCheckResult:
    clock = StoppedClock(at=at)
    result = latest_partition_exists(landing=house.landing, lake=house.lake, clock=clock)
    assert isinstance(result, dg.AssetCheckResult)
    return result


def test_before_the_first_day_is_due_nothing_is_missing(house: House) -> None:
    assert yesterday(house, "2026-10-01T12:00:00+00:00").passed is True


def test_yesterday_is_missing_until_it_is_built_even_if_nothing_landed(house: House) -> None:
    """The nightly run builds an empty partition, so a missing one means that it did not run."""
    missing = yesterday(house)
    house.run(date(2026, 10, 9))
    built = yesterday(house)

    assert (missing.passed, missing.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert missing.description == "2026-10-09 is not built; 0 objects landed on it."
    assert built.passed is True
    assert built.metadata["day"].value == "2026-10-09"
