"""Scenarios for the sensors: both variants over one history, and a model for random histories."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import dagster as dg
import obstore
from obstore.store import MemoryStore

from lambda_ingest.landing import day_prefix
from lambda_ingest.store import open_store, put_if_absent
from tg_pipeline.builds.layers import build_deduped_updates, build_enriched_updates
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import LandingSource, build_raw_updates
from tg_pipeline.builds.staleness import ONE_DAY
from tg_pipeline.defs.partitions import dates_of_tags, range_tags
from tg_pipeline.defs.resources import LakeResource, LandingResource
from tg_pipeline.defs.updates.queue_sensor import (
    Evaluation,
    QueueCursor,
    QueueLimits,
    TickContext,
    events_sensor,
    poll,
)
from tg_pipeline.defs.updates.run_requests import RequestedStates, StaleDay, plan_runs
from tg_pipeline.defs.updates.schedules import daily_updates_schedule
from tg_pipeline.defs.updates.sensors import StalenessScan, late_updates_sensor
from tg_pipeline.events.messages import LandingAddress
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline_tests.defs.conftest import StoppedClock
from tg_pipeline_tests.fakes.sqs import BUCKET, FakeQueue, landed, tick_of

ZONE: Final = ZoneInfo("America/Sao_Paulo")
GAP: Final = timedelta(minutes=6)
"""Between two polls: longer than messages are collected, and than they are invisible."""

FIRST: Final = datetime(2026, 10, 20, 12, tzinfo=ZONE)
NIGHT: Final = time(3)


class Variant:
    """A landing zone in a bucket in memory, a lake on the disk, and Dagster's history."""

    cursor: str | None = None

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        self.bucket = f"raw-{uuid.uuid4()}"
        uri = f"memory://{self.bucket}"
        self.store, self.tables = open_store(uri), Lake(folder.as_uri())
        self.landing, self.lake = LandingResource(uri=uri), LakeResource(uri=folder.as_uri())
        self.instance, self.numbers, self.runs_fail = instance, count(1), False
        self.broken: set[str] = set()
        """Days on which every run fails."""

    def land(self, *days: str) -> None:
        for day in map(date.fromisoformat, days):
            number = next(self.numbers)
            body = json.dumps({"update_id": number, "message": {"message_id": 1, "text": "oi"}})
            put_if_absent(self.store, f"{day_prefix(day)}/7-{number}.json", body.encode())
            self.announce(day, f"7-{number}.json")

    def start_backfill(self, first: str, last: str) -> None:
        tags = range_tags(date.fromisoformat(first), date.fromisoformat(last))
        status = dg.DagsterRunStatus.STARTED
        self.instance.add_run(dg.DagsterRun("x", run_id="lasts", status=status, tags=tags))

    def end_backfill(self) -> None:
        self.instance.delete_run("lasts")

    def announce(self, day: date, name: str) -> None:
        """Send the message about a landed object, if this variant has a queue."""

    def night(self, moment: str) -> list[str]:
        raise NotImplementedError

    def evaluate(self, moment: str) -> list[str]:
        """Evaluate the sensor until it requests nothing more, and return what it requested."""
        raise NotImplementedError

    def run(self, found: object) -> list[str]:
        asked = found.run_requests or [] if isinstance(found, dg.SensorResult) else [found]
        requests = [each for each in asked if isinstance(each, dg.RunRequest)]
        return [self._run(each) for each in requests if self._is_new(each)]

    def _is_new(self, request: dg.RunRequest) -> bool:
        key = dg.RunsFilter(tags={"dagster/run_key": request.run_key or ""})
        return not self.instance.get_runs_count(key)

    def _run(self, request: dg.RunRequest) -> str:
        days = dates_of_tags(request.tags) or [date.fromisoformat(request.partition_key or "")]
        fails = self.runs_fail or not self.broken.isdisjoint(map(str, days))
        if not fails:
            build(self, days)
        self.instance.add_run(
            dg.DagsterRun(
                job_name="updates_job",
                run_id=str(uuid.uuid4()),
                status=dg.DagsterRunStatus["FAILURE" if fails else "SUCCESS"],
                tags={"dagster/run_key": request.run_key or ""},
            )
        )
        nightly = str(request.run_key) if request.partition_key else ""
        return nightly or f"{days[0]} to {days[-1]}"


def build(variant: Variant, days: list[date]) -> None:
    for day in days:
        build_raw_updates(
            LandingSource(variant.store, bot_id=7), variant.tables, day, LayerParameters(str(ZONE))
        )
    for day in days:
        build_deduped_updates(variant.tables, day, LayerParameters(str(ZONE)))
        build_enriched_updates(variant.tables, day, LayerParameters(str(ZONE)))
    with mart_builder(variant.tables, MartParameters(str(ZONE))) as builder:
        for mart in DAILY_MARTS:
            builder.build_days(mart, days)


def delete_lake(variant: Variant) -> None:
    store = variant.tables.store
    obstore.delete(store, [each["path"] for each in obstore.list(store).collect()])


def in_zone(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=ZONE)


class ListingVariant(Variant):
    """The schedule, and the sensor that lists."""

    def night(self, moment: str) -> list[str]:
        context = dg.build_schedule_context(scheduled_execution_time=in_zone(moment))
        return self.run(daily_updates_schedule(context))

    def evaluate(self, moment: str) -> list[str]:
        return list(self._scans(in_zone(moment)))

    def scan(self, moment: datetime) -> dg.SensorResult:
        found = late_updates_sensor(
            dg.build_sensor_context(instance=self.instance, cursor=self.cursor),
            landing=self.landing,
            lake=self.lake,
            clock=StoppedClock(at=moment.isoformat()),
        )
        assert isinstance(found, dg.SensorResult)
        self.cursor = found.cursor
        return found

    def _scans(self, moment: datetime) -> Iterator[str]:
        asked = ["at first"]
        while asked:
            asked = self.run(self.scan(moment))
            moment += GAP
            yield from asked


class QueueVariant(Variant):
    """The sensor that polls a queue."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        super().__init__(folder, instance)
        self.now = in_zone("2026-10-01 00:00")
        self.queue = FakeQueue(self.seconds)
        self.sensor = events_sensor(lambda: self.queue, QueueLimits())

    def seconds(self) -> float:
        return self.now.timestamp()

    def announce(self, day: date, name: str) -> None:
        self.queue.send(*[landed(day, name, self.bucket)] * 2)

    def night(self, moment: str) -> list[str]:
        self.queue.send(tick_of(in_zone(moment)))
        self.now = in_zone(moment)
        return self.run(self.poll())

    def evaluate(self, moment: str) -> list[str]:
        self.now = in_zone(moment)
        asked: list[str] = []
        for _ in range(20):
            asked += self.run(self.poll())
            self.now += GAP
        return asked

    def poll(self) -> dg.SensorResult:
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        clock = StoppedClock(at=self.now.isoformat())
        found = self.sensor(context, landing=self.landing, lake=self.lake, clock=clock)
        assert isinstance(found, dg.SensorResult)
        self.cursor = found.cursor
        return found


class World:
    """A model of the landing zone, the lake and Dagster's history, for random histories.

    Its scans find only the days that the queue named, so that the queue alone must suffice.
    """

    def __init__(self, seed: int) -> None:
        self.now = FIRST
        self.queue = FakeQueue(self.seconds, Random(seed))  # noqa: S311
        self.landed: Counter[date] = Counter()
        self.built: Counter[date] = Counter()
        self.keys: set[str] = set()
        """The run keys in Dagster's history."""
        self.runs_of_state: Counter[tuple[date, int, int]] = Counter()
        """Late runs of each day and state."""
        self.failed: set[date] = set()
        self.busy: frozenset[date] = frozenset()
        """The days of a backfill that is running."""
        self.cursor = ""

    def seconds(self) -> float:
        return self.now.timestamp()

    def land(self, days_ago: int, copies: int) -> None:
        day = self.now.astimezone(ZONE).date() - days_ago * ONE_DAY
        self.landed[day] += 1
        self.queue.send(*[landed(day, f"7-{self.landed[day]}.json")] * copies)

    def wait(self, span: timedelta, ticks: int = 1) -> None:
        end = self.now + span
        while (tick := self._next_night()) <= end:
            self.now = tick
            self.queue.send(*[tick_of(tick)] * ticks)
        self.now = end

    def poll(self) -> Evaluation:
        tick = TickContext(
            self.now,
            LandingAddress.of(f"s3://{BUCKET}"),
            MemoryStore(),
            self._scan,
            lambda day: f"daily:{day}" in self.keys,
        )
        return poll(self.queue, QueueCursor.decode(self.cursor), tick, QueueLimits())

    def record(self, result: Evaluation) -> None:
        self.cursor = result.decision.cursor.encode()

    def run(self, result: Evaluation, *, fails: bool = False) -> None:
        for request in result.decision.requests:
            assert request.run_key
            if request.run_key in self.keys:
                continue
            self.keys.add(request.run_key)
            days = dates_of_tags(request.tags)
            self.runs_of_state.update((day, self.landed[day], self.built[day]) for day in days)
            days = days or [date.fromisoformat(request.partition_key or "")]
            for day in days:
                if fails:
                    self.failed.add(day)
                else:
                    self.built[day] = self.landed[day]

    def start_backfill(self) -> None:
        today = self.now.astimezone(ZONE).date()
        self.busy = frozenset(today - number * ONE_DAY for number in range(1, 6))

    def end_backfill(self) -> None:
        self.built.update({day: self.landed[day] - self.built[day] for day in self.busy})
        self.busy = frozenset()

    def settle(self) -> None:
        self.end_backfill()
        for _ in range(60):
            result = self.poll()
            self.run(result)
            self.record(result)
            self.wait(timedelta(hours=1), ticks=0)

    def _scan(self, touched: frozenset[date], requested: RequestedStates) -> StalenessScan:
        days = sorted(touched.union(requested))
        stale = [
            StaleDay(day, f"{self.landed[day]} {self.built[day]}")
            for day in days
            if self.landed[day] != self.built[day]
        ]
        return StalenessScan(len(days), plan_runs(stale, requested, self.busy))

    def _next_night(self) -> datetime:
        local = self.now.astimezone(ZONE)
        tonight = datetime.combine(local.date(), NIGHT, ZONE)
        return tonight if tonight > local else tonight + ONE_DAY
