"""What landed while no sensor looked is found, however long that was and however old the day is."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from tg_pipeline.builds.staleness import ONE_DAY
from tg_pipeline.defs.updates import sensors
from tg_pipeline.defs.updates.sensors import ScanCursor, listing_sensor
from tg_pipeline_tests.defs.conftest import StoppedClock
from tg_pipeline_tests.defs.sensor_scenarios import ListingVariant

OLD = "2026-10-03"
BUILT_AT = datetime(2026, 10, 4, 9, tzinfo=ZoneInfo("America/Sao_Paulo"))


def slow(days: int) -> object:
    return pytest.param(days, marks=pytest.mark.slow)


@pytest.fixture
def variant(tmp_path: Path, instance: dg.DagsterInstance) -> ListingVariant:
    """A pipeline whose sensor has built an old day, and then found nothing more to do."""
    variant = ListingVariant(tmp_path, instance)
    variant.land(OLD)
    assert variant.evaluate(text(BUILT_AT)) == [f"{OLD} to {OLD}"]
    return variant


def text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ", "minutes")


def tick(variant: ListingVariant, at: datetime) -> tuple[list[str], int]:
    """Evaluate the sensor once; return what it requested, and how many days it scanned."""
    found = variant.scan(at)
    words = str(found.skip_reason or "0 days").split()
    return variant.run(found), int(words[words.index("days") - 1])


@pytest.mark.parametrize("days", [8, *(slow(days) for days in (7, 9, 12, 40))])
def test_a_late_update_that_lands_during_a_downtime_is_found_in_the_first_tick_after_it(
    variant: ListingVariant, days: int
) -> None:
    variant.land(OLD)

    requested, _ = tick(variant, BUILT_AT + timedelta(days=days))

    assert requested == [f"{OLD} to {OLD}"]


@pytest.mark.slow
def test_a_sensor_that_lost_its_cursor_scans_all_days(variant: ListingVariant) -> None:
    tick(variant, BUILT_AT + timedelta(days=40))
    variant.land(OLD)
    variant.cursor = None

    assert tick(variant, BUILT_AT + timedelta(days=40, minutes=5))[0] == [f"{OLD} to {OLD}"]


@pytest.mark.slow
@pytest.mark.parametrize("jump", [timedelta(days=-365), timedelta(days=3650)])
def test_a_clock_that_is_corrected_starts_a_scan_of_all_days(
    variant: ListingVariant, jump: timedelta
) -> None:
    # Given a clock that is wrong for a while, and was right before
    now = BUILT_AT + timedelta(days=40)
    tick(variant, now)
    tick(variant, now + jump)
    variant.land(OLD)

    # When it is right again
    requested, _ = tick(variant, now + timedelta(hours=1))

    # Then what landed meanwhile is found: at once, or when the next daily scan is due
    requested += tick(variant, now + timedelta(days=1))[0]
    assert requested == [f"{OLD} to {OLD}"]


@pytest.mark.slow
def test_what_an_operator_lands_on_an_old_day_is_found_within_a_day_and_ticks_stay_small(
    variant: ListingVariant,
) -> None:
    # Given a sensor that runs, and an old day on which something is landed
    now = BUILT_AT + timedelta(days=20)
    tick(variant, now)
    variant.land(OLD)

    # Then the usual ticks scan the eight watched days only
    hourly = [tick(variant, now + timedelta(hours=hours)) for hours in range(1, 24)]
    assert hourly == [([], 8)] * 23

    # And the daily scan finds it
    assert tick(variant, now + timedelta(days=1))[0] == [f"{OLD} to {OLD}"]


@pytest.mark.slow
def test_with_a_queue_the_sweep_finds_what_the_queue_lost_during_a_downtime(
    variant: ListingVariant,
) -> None:
    variant.land(OLD)
    found = listing_sensor(timedelta(hours=6))(
        dg.build_sensor_context(instance=variant.instance, cursor=variant.cursor),
        landing=variant.landing,
        lake=variant.lake,
        clock=StoppedClock(at=(BUILT_AT + timedelta(days=40)).isoformat()),
    )

    assert isinstance(found, dg.SensorResult)
    assert variant.run(found) == [f"{OLD} to {OLD}"]


@pytest.mark.slow
def test_a_scan_of_many_days_takes_several_ticks_and_begins_with_the_newest(
    variant: ListingVariant, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given six old days that are built, and then all get a late update
    monkeypatch.setattr(sensors, "FULL_SCAN_STEP", 4)
    days = [str(date(2026, 10, 3) + number * ONE_DAY) for number in range(6)]
    variant.land(*days)
    now = BUILT_AT + timedelta(days=40)
    variant.evaluate(text(now))
    variant.land(*days)

    # Then the next daily scan requests them in two ticks
    later = now + timedelta(days=1)
    assert tick(variant, later)[0] == [f"{days[2]} to {days[5]}"]
    assert ScanCursor.decode(variant.cursor).full.below == date.fromisoformat(days[2])
    (rest,) = tick(variant, later + timedelta(minutes=5))[0]
    assert rest.startswith(f"{days[0]} to "), "with the days after them that they affect"
    assert ScanCursor.decode(variant.cursor).full.below is None


def test_days_without_a_partition_are_logged_once_per_change(
    variant: ListingVariant, capsys: pytest.CaptureFixture[str]
) -> None:
    def logged(minutes: int) -> list[str]:
        capsys.readouterr()
        tick(variant, BUILT_AT + timedelta(minutes=minutes))
        lines = capsys.readouterr().err.splitlines()
        return [line.partition(" WARNING - ")[2] for line in lines]

    variant.land("2015-01-01", "9999-12-31")

    first = logged(60)
    past, future = (message.partition(",")[0] for message in first)
    assert (past, future) == ("1 object landed on 2015-01-01", "1 object landed on 9999-12-31")
    assert logged(65) == []
    variant.land("2015-01-02")
    assert "2 objects landed on 2 days from 2015-01-01 to 2015-01-02" in logged(70)[0]
