"""The freshness check of the last scheduled day."""

from datetime import date

import dagster as dg

from tg_pipeline.defs.updates.checks import latest_partition_exists
from tg_pipeline_tests.defs.conftest import House, StoppedClock

MESSAGE = {"update_id": 2, "message": {"message_id": 1, "date": 1_791_378_000, "text": "oi"}}
MORNING = "2026-10-10T12:00:00+00:00"


def yesterday(house: House, at: str = MORNING) -> dg.AssetCheckResult:
    clock = StoppedClock(at=at)
    result = latest_partition_exists(landing=house.landing, lake=house.lake, clock=clock)
    assert isinstance(result, dg.AssetCheckResult)
    return result


def test_before_the_first_day_is_due_nothing_is_missed(house: House) -> None:
    assert yesterday(house, "2026-10-01T12:00:00+00:00").passed is True


def test_a_day_on_which_nothing_landed_is_missed_all_the_same(house: House) -> None:
    # The nightly run leaves an empty partition behind; where there is none, it did not come by.
    missing = yesterday(house)
    house.run(date(2026, 10, 9))

    assert missing.passed is False
    assert missing.description == "2026-10-09 is not built; 0 objects landed on it."
    assert yesterday(house).passed is True


def test_yesterday_is_there_once_it_is_built(house: House) -> None:
    house.pipeline.land(MESSAGE, day=date(2026, 10, 9))

    missing = yesterday(house)
    house.run(date(2026, 10, 9))
    there = yesterday(house)

    assert (missing.passed, missing.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert there.passed is True
    assert there.metadata["day"].value == "2026-10-09"


def test_a_missing_yesterday_fails_no_run(house: House) -> None:
    looked = house.defs.resolve_job_def("freshness_job").execute_in_process(
        instance=house.instance, raise_on_error=False
    )

    (found,) = looked.get_asset_check_evaluations()
    assert (looked.success, found.passed) == (True, False)
