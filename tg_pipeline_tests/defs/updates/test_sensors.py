"""The listing sensor: what landed late or was missed is requested, each state once."""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from lambda_ingest.privacy.suppression import Identity, Tombstones, identity_digest
from lambda_ingest.settings import Secret
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.definitions import defs
from tg_pipeline.defs.partitions import RANGE_END, RANGE_START
from tg_pipeline.defs.updates import sensors
from tg_pipeline.defs.updates.sensors import (
    IDLE_PAUSE,
    SCAN_INTERVAL,
    ScanCursor,
    listing_sensor,
    watched_days,
)
from tg_pipeline_tests.conftest import TIMEZONE
from tg_pipeline_tests.defs.conftest import House, StoppedClock

MESSAGE = {"update_id": 2, "message": {"message_id": 1, "date": 1_791_378_000, "text": "oi"}}

MORNING = "2026-10-10T12:00:00+00:00"
"""Nine o'clock in São Paulo: the nightly run of the 9th was six hours ago."""

OLD = '{"tried":{"days":{"2026-10-08":["3:120:1",5,5]}},"quiet_since":null}'
"""A cursor of an older release."""


def test_the_sensor_watches_the_days_that_may_still_change() -> None:
    days = watched_days(datetime.fromisoformat(MORNING))

    assert (days[0], days[-1], len(days)) == (date(2026, 10, 2), date(2026, 10, 9), 8)
    assert watched_days(datetime(2026, 9, 30, tzinfo=UTC)) == []


def test_the_day_of_the_nightly_run_is_left_to_it_for_an_hour(house: House) -> None:
    house.pipeline.land(MESSAGE, day=date(2026, 10, 9))

    assert house.asked("2026-10-10T06:30:00+00:00") == []
    assert house.asked("2026-10-10T07:00:00+00:00") == [("2026-10-09", "2026-10-09")]


def test_a_failed_day_is_given_up_until_its_state_changes_and_the_tick_names_it(
    house: House,
) -> None:
    # Given a stale day, requested, whose run changed nothing
    house.pipeline.land(MESSAGE, day=date(2026, 10, 8))
    first = house.look(MORNING)
    assert len(first.run_requests or []) == 1

    second = house.look(MORNING, first.cursor)
    assert not second.run_requests
    assert "The runs of 2026-10-08 failed" in str(second.skip_reason)

    # When only some of its layers are built, by hand, then its state is another
    house.pipeline.build_raw(date(2026, 10, 8))
    assert house.asked(MORNING, second.cursor) == [("2026-10-08", "2026-10-08")]


def test_after_somebody_is_forgotten_all_days_are_scanned_once_however_old(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given days that are older than the watched ones, built before a person was forgotten
    days, later = [date(2026, 10, 3), date(2026, 10, 4)], "2026-11-10T12:00:00+00:00"
    for number, day in enumerate(days, 3):
        house.pipeline.land(MESSAGE | {"update_id": number}, day=day)
        house.pipeline.build(day)
    before = house.look(later)
    key = Secret("0123456789abcdef0123456789abcdef")
    digests = frozenset([identity_digest(key, Identity.USER, "5001")])
    present = LayerParameters(TIMEZONE, Tombstones(key, digests))
    monkeypatch.setattr(sensors, "layer_parameters", lambda *_: present)

    # When the sensor looks, then it requests them until the tombstone is applied
    asked = house.look(later, before.cursor)
    ranges = [(r.tags[RANGE_START], r.tags[RANGE_END]) for r in asked.run_requests or []]
    assert ranges[0] == ("2026-10-03", "2026-10-04")
    for day in days:
        house.pipeline.build(day, parameters=present)
    after = house.look(later, asked.cursor)
    assert ScanCursor.decode(after.cursor).tombstones == present.tombstones.fingerprint


@pytest.mark.parametrize(
    "cursor", ['{"a":1}', "{", "[]", "3 2026-10-08=1:2:3", '{"requested":5}', OLD]
)
def test_a_cursor_that_is_damaged_or_in_an_older_format_is_empty(house: House, cursor: str) -> None:
    house.pipeline.land(MESSAGE, day=date(2026, 10, 8))

    assert house.asked(MORNING, cursor) == [("2026-10-08", "2026-10-08")]


def test_a_sweep_pauses_after_a_scan_without_stale_days_and_not_otherwise(house: House) -> None:
    # Given a sweep that found nothing, and a day that is stale within the pause
    nothing = sweep(house, MORNING)
    assert isinstance(nothing, dg.SensorResult)
    house.pipeline.land(MESSAGE, day=date(2026, 10, 8))
    assert isinstance(sweep(house, "2026-10-10T17:59:00+00:00", nothing.cursor), dg.SkipReason)

    # When a run of that day is unfinished after the pause, then the sweep scans at every tick
    job = house.defs.resolve_job_def("updates_job")
    tags = {"dagster/partition": "2026-10-08"}
    started = dg.DagsterRunStatus.STARTED
    run = house.instance.create_run_for_job(job, status=started, tags=tags)
    waiting = sweep(house, "2026-10-10T18:00:00+00:00", nothing.cursor)
    assert isinstance(waiting, dg.SensorResult)
    house.instance.delete_run(run.run_id)
    found = sweep(house, "2026-10-10T18:05:00+00:00", waiting.cursor)
    assert isinstance(found, dg.SensorResult)
    assert len(found.run_requests or []) == 1

    # And until nothing is stale
    house.run(date(2026, 10, 8))
    done = sweep(house, "2026-10-10T18:10:00+00:00", found.cursor)
    assert isinstance(done, dg.SensorResult)
    assert not done.run_requests
    assert isinstance(sweep(house, "2026-10-10T18:15:00+00:00", done.cursor), dg.SkipReason)


def sweep(house: House, at: str, cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    found = listing_sensor(timedelta(hours=6))(
        dg.build_sensor_context(instance=house.instance, cursor=cursor),
        landing=house.landing,
        lake=house.lake,
        clock=StoppedClock(at=at),
    )
    assert isinstance(found, dg.SensorResult | dg.SkipReason)
    return found


PRINT_AUTOMATION = """
import json
from lambda_ingest.settings import Secret
from lambda_ingest.privacy.suppression import Identity, Tombstones, identity_digest
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.definitions import defs
from tg_pipeline.defs.partitions import RANGE_END, RANGE_START
from tg_pipeline.defs.updates import sensors
from tg_pipeline.defs.updates.sensors import IDLE_PAUSE
repository = defs.get_repository_def()
print(json.dumps({
    "schedules": [each.name for each in repository.schedule_defs],
    "sensors": {each.name: each.minimum_interval_seconds for each in repository.sensor_defs},
    "pause": IDLE_PAUSE.total_seconds(),
    "has_boto3": "boto3" in __import__("sys").modules,
}))
"""


def test_without_a_queue_the_schedule_and_frequent_scans_decide() -> None:
    repository = defs.get_repository_def()

    assert repository.has_schedule_def("daily_updates_schedule")
    assert not repository.has_sensor_def("events_sensor")
    late = repository.get_sensor_def("late_updates_sensor")
    assert late.minimum_interval_seconds == SCAN_INTERVAL
    assert timedelta() == IDLE_PAUSE, "it scans at every tick"


def test_with_a_queue_its_sensor_decides_and_the_other_scans_four_times_a_day() -> None:
    queue = {"TG_EVENTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/events"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PRINT_AUTOMATION],
        env=os.environ | queue,
        capture_output=True,
        text=True,
        check=True,
    )

    found = json.loads(done.stdout)
    assert "daily_updates_schedule" not in found["schedules"]
    assert found["sensors"]["events_sensor"] == 30
    assert found["pause"] == 6 * 3600
    assert not found["has_boto3"], "only a poll of the queue waits for its import"
