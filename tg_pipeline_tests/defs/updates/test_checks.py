"""The checks of the freshness schedule: the last scheduled day, and days without a partition."""

from datetime import date

import dagster as dg

from tg_pipeline.defs.updates.checks import latest_partition_exists, no_day_is_outside
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


def test_a_landed_day_without_a_partition_fails_the_check(house: House) -> None:
    def check() -> dg.AssetCheckResult:
        result = no_day_is_outside(landing=house.landing, lake=house.lake, clock=StoppedClock())
        assert isinstance(result, dg.AssetCheckResult)
        return result

    for number, day in enumerate([date(2026, 10, 9), date(2026, 10, 10), date(2026, 10, 11)]):
        house.pipeline.land({"update_id": number}, day=day)
    assert check().passed is True

    house.pipeline.land({"update_id": 9}, day=date(2034, 12, 31))
    failed = check()
    assert (failed.passed, failed.metadata["objects"].value) == (False, 1)
    assert str(failed.description).startswith("1 object landed on 2034-12-31, in the future")
