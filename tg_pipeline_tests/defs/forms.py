"""Both forms of what wakes the build, over one history: by the clock and listings, by a queue.

What a form asks for is built here at once, without Dagster's own machinery around it.
"""

import json
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import dagster as dg

from lambda_ingest.landing import day_prefix
from lambda_ingest.store import open_store, put_if_absent
from tg_pipeline.builds.layers import (
    build_deduped_updates,
    build_enriched_updates,
    build_raw_updates,
)
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.defs.queue_sensor import events_sensor
from tg_pipeline.defs.queue_turn import Pace
from tg_pipeline.defs.resources import LakeResource, LandingResource
from tg_pipeline.defs.schedules import daily_updates_schedule
from tg_pipeline.defs.sensors import late_updates_sensor
from tg_pipeline.lake.landing_zone import iter_days
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline_tests.defs.conftest import RANGE, StoppedClock
from tg_pipeline_tests.fakes.sqs import FakeQueue, landed, tick_of

ZONE: Final = ZoneInfo("America/Sao_Paulo")
GAP: Final = timedelta(minutes=6)
"""Between two turns: longer than messages are gathered, and than they are lent."""


class Form:
    """A landing zone in a bucket of memory, a lake on the disk, and Dagster's history."""

    cursor: str | None = None

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        self.bucket = f"raw-{uuid.uuid4()}"
        uri = f"memory://{self.bucket}"
        self.store, self.tables = open_store(uri), Lake(folder.as_uri())
        self.landing, self.lake = LandingResource(uri=uri), LakeResource(uri=folder.as_uri())
        self.instance, self.numbers, self.runs_fail = instance, count(1), False
        self.broken: set[str] = set()
        """Days that no run with them gets over."""

    def land(self, *days: str) -> None:
        """Land an update on each of the days."""
        for day in map(date.fromisoformat, days):
            number = next(self.numbers)
            body = json.dumps({"update_id": number, "message": {"message_id": 1, "text": "oi"}})
            put_if_absent(self.store, f"{day_prefix(day)}/7-{number}.json", body.encode())
            self.hear(day, f"7-{number}.json")

    def start_backfill(self) -> None:
        """Have a run under way, which lasts."""
        self.instance.add_run(
            dg.DagsterRun(job_name="x", run_id="lasts", status=dg.DagsterRunStatus.STARTED)
        )

    def end_backfill(self) -> None:
        """Let it end."""
        self.instance.delete_run("lasts")

    def hear(self, day: date, name: str) -> None:
        """Hear that an object landed, if this form does."""

    def night(self, moment: str) -> list[str]:
        """Let the nightly tick come; give what is asked for."""
        raise NotImplementedError

    def look(self, moment: str) -> list[str]:
        """Let the sensor look until it asks for nothing more; give what it asked for."""
        raise NotImplementedError

    def run(self, found: object) -> list[str]:
        """Do what is asked for, and give it."""
        asked = found.run_requests or [] if isinstance(found, dg.SensorResult) else [found]
        return [self._run(each) for each in asked if isinstance(each, dg.RunRequest)]

    def _run(self, request: dg.RunRequest) -> str:
        first = request.tags.get(f"{RANGE}_start") or request.partition_key or ""
        last = request.tags.get(f"{RANGE}_end") or first
        days = list(iter_days(date.fromisoformat(first), date.fromisoformat(last)))
        fails = self.runs_fail or not self.broken.isdisjoint(map(str, days))
        if not fails:
            build(self, days)
        self.instance.add_run(
            dg.DagsterRun(
                job_name="updates_job",
                run_id=str(uuid.uuid4()),
                status=dg.DagsterRunStatus["FAILURE" if fails else "SUCCESS"],
                tags={"dagster/run_key": request.run_key} if request.run_key else {},
            )
        )
        return request.run_key or f"{first} to {last}"


def build(form: Form, days: list[date]) -> None:
    """Build days, a table after the other, as a run does."""
    for day in days:
        build_raw_updates(form.store, form.tables, day, bot_id=7)
    for day in days:
        build_deduped_updates(form.tables, day)
        build_enriched_updates(form.tables, day)
    with mart_builder(form.tables, str(ZONE)) as builder:
        for mart in DAILY_MARTS:
            builder.build_days(mart, days)


def in_zone(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=ZONE)


class ListingForm(Form):
    """The schedule, and the sensor that lists."""

    def night(self, moment: str) -> list[str]:
        context = dg.build_schedule_context(scheduled_execution_time=in_zone(moment))
        return self.run(daily_updates_schedule(context))

    def look(self, moment: str) -> list[str]:
        return list(self._looks(StoppedClock(at=in_zone(moment).isoformat())))

    def _looks(self, clock: StoppedClock) -> Iterator[str]:
        asked = ["at first"]
        while asked:
            found = late_updates_sensor(
                dg.build_sensor_context(instance=self.instance, cursor=self.cursor),
                landing=self.landing,
                lake=self.lake,
                clock=clock,
            )
            self.cursor = found.cursor if isinstance(found, dg.SensorResult) else self.cursor
            asked = self.run(found)
            yield from asked


class QueueForm(Form):
    """The sensor that takes from a queue."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        super().__init__(folder, instance)
        self.now = in_zone("2026-10-01 00:00")
        self.queue = FakeQueue(self.seconds)
        self.sensor = events_sensor(lambda: self.queue, Pace())

    def seconds(self) -> float:
        """Give the clock's seconds."""
        return self.now.timestamp()

    def hear(self, day: date, name: str) -> None:
        """Hear of an object twice, as may happen."""
        self.queue.send(*[landed(day, name, self.bucket)] * 2)

    def night(self, moment: str) -> list[str]:
        self.queue.send(tick_of(in_zone(moment)))
        self.now = in_zone(moment)
        return self.run(self.turn())

    def look(self, moment: str) -> list[str]:
        self.now = in_zone(moment)
        asked: list[str] = []
        for _ in range(20):
            asked += self.run(self.turn())
            self.now += GAP
        return asked

    def turn(self, cursor: str | None = None) -> dg.SensorResult:
        """Let the sensor look once, and record what it gives."""
        context = dg.build_sensor_context(instance=self.instance, cursor=cursor or self.cursor)
        clock = StoppedClock(at=self.now.isoformat())
        found = self.sensor(context, landing=self.landing, lake=self.lake, clock=clock)
        if not isinstance(found, dg.SensorResult):
            return dg.SensorResult(cursor=self.cursor)
        self.cursor = found.cursor
        return found
