"""What is built by itself: yesterday every night, and what landed late or was missed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from tg_pipeline.builds.staleness import last_scheduled_day
from tg_pipeline.defs.due_runs import apart
from tg_pipeline.defs.freshness import yesterday_is_there
from tg_pipeline.defs.late_days import watched_days
from tg_pipeline.defs.schedules import DAILY_CRON, daily_updates_schedule
from tg_pipeline.defs.sensors import late_sensor
from tg_pipeline.defs.tried_days import ATTEMPTS
from tg_pipeline_tests.defs.conftest import House, StoppedClock

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
MESSAGE = {"update_id": 2, "message": {"message_id": 1, "date": 1_791_378_000, "text": "oi"}}

MORNING = "2026-10-10T12:00:00+00:00"
"""Nine o'clock in São Paulo: the nightly run of the 9th was six hours ago."""


def test_the_nightly_tick_asks_for_the_day_before() -> None:
    tick = datetime(2026, 10, 10, 3, 0, tzinfo=SAO_PAULO)

    request = daily_updates_schedule(dg.build_schedule_context(scheduled_execution_time=tick))

    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2026-10-09"
    assert (daily_updates_schedule.cron_schedule, DAILY_CRON) == ("0 3 * * *", "0 3 * * *")
    assert daily_updates_schedule.execution_timezone == "America/Sao_Paulo"


def test_a_tick_before_the_first_partition_asks_for_nothing() -> None:
    tick = datetime(2026, 10, 1, 3, 0, tzinfo=SAO_PAULO)

    answer = daily_updates_schedule(dg.build_schedule_context(scheduled_execution_time=tick))

    assert isinstance(answer, dg.SkipReason)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-10-10T05:59:59+00:00", date(2026, 10, 8)),
        ("2026-10-10T06:00:00+00:00", date(2026, 10, 9)),
        ("2026-10-11T02:59:59+00:00", date(2026, 10, 9)),
    ],
)
def test_a_day_is_due_from_its_nightly_tick_on(now: str, day: date) -> None:
    assert last_scheduled_day(datetime.fromisoformat(now), SAO_PAULO) == day


def test_the_sensor_watches_the_days_that_may_still_change() -> None:
    days = watched_days(datetime.fromisoformat(MORNING))

    assert (days[0], days[-1], len(days)) == (date(2026, 10, 2), date(2026, 10, 9), 8)
    assert watched_days(datetime(2026, 9, 30, tzinfo=UTC)) == []


def build_all_watched(house: House) -> None:
    assert house.run(date(2026, 10, 2), date(2026, 10, 9)).success


def test_a_late_update_asks_for_its_day_and_the_day_behind_it_in_one_run(house: House) -> None:
    # Given days that were built
    day = date(2026, 10, 5)
    house.pipeline.land(MESSAGE, day=day)
    house.pipeline.land({**MESSAGE, "update_id": 9}, day=date(2026, 10, 6))
    build_all_watched(house)
    assert house.asked(MORNING) == []

    # When something lands late on one
    house.pipeline.land({**MESSAGE, "update_id": 3}, day=day)

    # Then it is asked for, and so is the day behind it, whose repeats it decides
    assert house.asked(MORNING) == [("2026-10-05", "2026-10-06")]

    # And once they are built, nothing is asked for
    house.run(day, date(2026, 10, 6))
    assert house.asked(MORNING) == []


def test_a_day_that_was_missed_is_asked_for(house: House) -> None:
    house.pipeline.land(MESSAGE, day=date(2026, 10, 9))

    assert house.asked(MORNING) == [("2026-10-09", "2026-10-09")]


def test_days_missed_while_nothing_ran_for_weeks_are_asked_for(house: House) -> None:
    house.pipeline.land(MESSAGE, day=date(2026, 10, 1))
    weeks_later = "2026-11-15T12:00:00+00:00"
    house.run(date(2026, 11, 7), date(2026, 11, 14))

    assert house.asked(weeks_later) == [("2026-10-01", "2026-10-01")]


def test_runs_of_neighbouring_days_do_not_go_side_by_side() -> None:
    october, november = date(2026, 10, 1), date(2026, 11, 1)
    spans = [(october, date(2026, 10, 31)), (november, november), (date(2026, 11, 3),) * 2]

    assert apart(spans) == [spans[0], spans[2]]


def test_the_day_of_the_nightly_run_is_left_to_it_for_an_hour(house: House) -> None:
    house.pipeline.land(MESSAGE, day=date(2026, 10, 9))

    assert house.asked("2026-10-10T06:30:00+00:00") == []
    assert house.asked("2026-10-10T07:00:00+00:00") == [("2026-10-09", "2026-10-09")]


def test_today_is_left_alone_until_it_is_over(house: House) -> None:
    build_all_watched(house)
    house.pipeline.land(MESSAGE, day=date(2026, 10, 10))

    assert house.asked(MORNING) == []


def test_while_a_run_is_under_way_nothing_is_asked_for(house: House) -> None:
    job = house.defs.resolve_job_def("updates_job")
    house.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)

    assert house.asked(MORNING) == []


def test_what_fails_is_asked_for_again_but_not_for_ever(house: House) -> None:
    # Given a day that is due, and runs that never get anywhere
    house.pipeline.land(MESSAGE, day=date(2026, 10, 8))
    cursor: str | None = None
    for _ in range(ATTEMPTS):
        found = house.look(MORNING, cursor)
        assert found.run_requests
        cursor = found.cursor

    # Then the sensor stops asking, until something changes
    assert house.asked(MORNING, cursor) == []
    house.pipeline.land(MESSAGE, day=date(2026, 10, 9))
    assert house.asked(MORNING, cursor) != []


@pytest.mark.parametrize("cursor", ['{"a":1}', "{", "[]", "3 2026-10-08=1:2:3", '{"tried":5}'])
def test_a_cursor_that_is_damaged_or_of_an_older_release_knows_of_nothing(
    house: House, cursor: str
) -> None:
    house.pipeline.land(MESSAGE, day=date(2026, 10, 8))

    assert house.asked(MORNING, cursor) == [("2026-10-08", "2026-10-08")]


def sweep(house: House, at: str, cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    found = late_sensor(timedelta(hours=6))(
        dg.build_sensor_context(instance=house.instance, cursor=cursor),
        landing=house.landing,
        lake=house.lake,
        clock=StoppedClock(at=at),
    )
    assert isinstance(found, dg.SensorResult | dg.SkipReason)
    return found


def test_a_sweep_that_meets_a_run_looks_soon_after_it(house: House) -> None:
    # Given a sweep that found nothing, and a day that is due six hours later
    nothing = sweep(house, MORNING)
    assert isinstance(nothing, dg.SensorResult)
    house.pipeline.land(MESSAGE, day=date(2026, 10, 8))
    assert isinstance(sweep(house, "2026-10-10T17:59:00+00:00", nothing.cursor), dg.SkipReason)

    # When a run is under way at that moment
    job = house.defs.resolve_job_def("updates_job")
    run = house.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert isinstance(sweep(house, "2026-10-10T18:00:00+00:00", nothing.cursor), dg.SkipReason)

    # Then the sweep looks at the next tick without a run, and not in another six hours
    house.instance.delete_run(run.run_id)
    found = sweep(house, "2026-10-10T18:05:00+00:00", nothing.cursor)
    assert isinstance(found, dg.SensorResult)
    assert len(found.run_requests or []) == 1

    # And goes on until nothing is left
    house.run(date(2026, 10, 8))
    done = sweep(house, "2026-10-10T18:10:00+00:00", found.cursor)
    assert isinstance(done, dg.SensorResult)
    assert not done.run_requests
    assert isinstance(sweep(house, "2026-10-10T18:15:00+00:00", done.cursor), dg.SkipReason)


def yesterday(house: House, at: str = MORNING) -> dg.AssetCheckResult:
    clock = StoppedClock(at=at)
    result = yesterday_is_there(landing=house.landing, lake=house.lake, clock=clock)
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
