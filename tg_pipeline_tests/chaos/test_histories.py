"""Random histories of a landing zone, a lake, a sensor and its runs, compared with plain Python.

Whatever landed, was rewritten or removed, whichever builds were interrupted, runs failed and
cursors were lost: after enough ticks and runs, every day is built from what landed, each update is
in enriched_updates once, and nothing is requested in vain.
"""

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar

import dagster as dg
import obstore
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from lambda_ingest.landing import day_prefix
from lambda_ingest.store import open_store, put_if_absent
from tg_pipeline.builds.layers import build_deduped_updates, build_enriched_updates
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.monitoring.damage import Repairs
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import LandingSource, build_raw_updates
from tg_pipeline.builds.staleness import DayState, day_states, known_days, stale_days
from tg_pipeline.defs.partitions import SETTINGS, dates_of_tags
from tg_pipeline.defs.resources import LakeResource, LandingResource
from tg_pipeline.defs.updates.sensors import NIGHTLY_GRACE, ScanCursor, late_updates_sensor
from tg_pipeline.lake.floors import ALL_DAYS
from tg_pipeline.lake.partitions import Lake, PartitionName, PartitionWriter, partition_key
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline_tests.conftest import BOT
from tg_pipeline_tests.defs.conftest import StoppedClock

ZONE: Final = SETTINGS.zone
FIRST: Final = datetime(2026, 10, 12, 12, tzinfo=ZONE)
PARAMETERS: Final = LayerParameters(SETTINGS.timezone)
GAP: Final = timedelta(minutes=6)
MAX_ROUNDS: Final = 3
"""Of `tg-pipeline run`, after which nothing is stale."""

MAX_TICKS: Final = 12
"""Ticks after which nothing may be left to request: a full scan, retries, and what follows them."""

DAYS_AGO: Final = st.sampled_from([0, 0, 1, 1, 2, 3, 6, 7, 8, 9, 10])
IDS: Final = st.integers(1, 6)

Outcome = TypeVar("Outcome")


class InterruptedBuildError(Exception):
    """The process of a build ends."""


class MortalLake(Lake):
    """A lake whose builds end after some more commits."""

    commits_left: int | None = None

    def publish(self, path: Path, key: str) -> None:
        if self.commits_left == 0:
            raise InterruptedBuildError
        super().publish(path, key)
        if self.commits_left is not None:
            self.commits_left -= 1

    @contextmanager
    def writer(
        self, layer: str, day: PartitionName, schema: pa.Schema
    ) -> Iterator[PartitionWriter]:
        with super().writer(layer, day, schema) as output:
            yield output


@dataclass
class RequestedRun:
    """A run that a sensor requested."""

    run_id: str
    days: list[date]


@dataclass
class ModelDay:
    """What landed on a day, and of what the tables may hold rows."""

    landed: dict[str, int] = field(default_factory=dict)
    """The update ids by object name."""
    removed: set[int] = field(default_factory=set)
    """The ids of objects that were removed: their rows may have been read before, or not."""
    is_damaged: bool = False
    """Whether rows read from the landing zone were damaged since the last build."""


class LandingHistory(RuleBasedStateMachine):
    """What lands, and what people build."""

    has_marts = False

    def __init__(self) -> None:
        super().__init__()
        place = f"memory://{uuid.uuid4()}"
        self.landing_uri, self.lake_uri = f"{place}/landing", f"{place}/lake"
        self.landing, self.lake = open_store(self.landing_uri), MortalLake(self.lake_uri)
        self.now = FIRST
        self.days: dict[date, ModelDay] = {}
        self.numbers = count(1)

    def teardown(self) -> None:
        """Build what is stale, and compare everything with the model."""
        self.now += timedelta(days=1)
        self.settle()
        self._compare()

    def settle(self) -> None:
        """Build all stale days, as `tg-pipeline run` does."""
        for _ in range(MAX_ROUNDS):
            stale = self._stale()
            if not stale:
                return
            self._build(stale)
        assert self._stale() == [], "days stay stale, however often they are built"

    @property
    def today(self) -> date:
        return self.now.astimezone(ZONE).date()

    # What happens to the landing zone

    @rule(days_ago=DAYS_AGO, number=IDS, is_dated=st.booleans())
    def land(self, days_ago: int, number: int, is_dated: bool) -> None:  # noqa: FBT001
        """Land an update, maybe again, or on another day than before."""
        day = self.today - timedelta(days=days_ago)
        # A dated update always lands on the same day, so its id says which.
        update_id = number + 1_000 * (1 + day.toordinal()) if is_dated else number
        name = f"{BOT}-{update_id}.json"
        put_if_absent(self.landing, f"{day_prefix(day)}/{name}", _body(update_id), self.now)
        self._day(day).landed[name] = update_id

    @rule(days_ago=DAYS_AGO, numbers=st.lists(IDS, max_size=4))
    def land_batch(self, days_ago: int, numbers: list[int]) -> None:
        """Land a file with several lines, of which one can't be read."""
        day, name = self.today - timedelta(days=days_ago), f"{BOT}-batch{next(self.numbers)}.ndjson"
        lines = [*map(_body, numbers), b"unreadable"]
        put_if_absent(self.landing, f"{day_prefix(day)}/{name}", b"\n".join(lines), self.now)
        for place, number in enumerate(numbers):
            self._day(day).landed[f"{name} {place}"] = number
        self._day(day)

    @precondition(lambda self: any(day.landed for day in self.days.values()))
    @rule(data=st.data())
    def rewrite(self, data: st.DataObject) -> None:
        """Replace an object by a longer one with the same update."""
        day, name = self._draw_object(data)
        update_id = self.days[day].landed[name]
        body = _body(update_id, again=next(self.numbers))
        obstore.put(self.landing, f"{day_prefix(day)}/{name}", body)

    @precondition(lambda self: any(day.landed for day in self.days.values()))
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        """Remove an object, which only an operator does; never one whose rows are nowhere else."""
        day, name = self._draw_object(data)
        if self.days[day].is_damaged:
            return
        obstore.delete(self.landing, f"{day_prefix(day)}/{name}")
        self.days[day].removed.add(self.days[day].landed.pop(name))

    def _draw_object(self, data: st.DataObject) -> tuple[date, str]:
        objects = [
            (day, name)
            for day, known in sorted(self.days.items())
            for name in known.landed
            if " " not in name
        ]
        if not objects:
            day = self.today
            self.land(0, 1, is_dated=False)
            return day, f"{BOT}-1.json"
        return data.draw(st.sampled_from(objects))

    # What builds

    @rule(days_ago=DAYS_AGO, length=st.integers(1, 4))
    def build(self, days_ago: int, length: int) -> None:
        """Build a range of days, as a person may."""
        first = self.today - timedelta(days=days_ago)
        self._build([first + timedelta(days=n) for n in range(min(length, days_ago + 1))])

    @rule(days_ago=DAYS_AGO, commits=st.integers(0, 9))
    def interrupt_build(self, days_ago: int, commits: int) -> None:
        """Build a day with a process that ends after some commits."""
        with self._ends_after(commits):
            self._build([self.today - timedelta(days=days_ago)])

    @contextmanager
    def _ends_after(self, commits: int) -> Iterator[None]:
        self.lake.commits_left = commits
        try:
            with suppress(InterruptedBuildError):
                yield
        finally:
            self.lake.commits_left = None

    @rule(data=st.data(), layer=st.sampled_from([layer.name for layer in ALL_LAYERS]))
    def damage(self, data: st.DataObject, layer: str) -> None:
        """Cut off a partition's end; of raw rows only if their objects are still there."""
        built = [
            day
            for day in self.lake.days(layer)
            if not (layer in {"raw_updates", "quarantine"} and self._day(day).removed)
        ]
        if not built:
            return
        day = data.draw(st.sampled_from(built))
        self._day(day).is_damaged |= layer in {"raw_updates", "quarantine"}
        key = partition_key(layer, day)
        body = bytes(obstore.get(self.lake.store, key).bytes())
        obstore.put(self.lake.store, key, body[: len(body) // 2])

    # How these are done

    def _day(self, day: date) -> ModelDay:
        return self.days.setdefault(day, ModelDay())

    def _build(self, days: list[date]) -> None:
        source = LandingSource(self.landing, BOT)
        repairs = Repairs(source, self.lake, PARAMETERS, lambda _: None)
        steps: list[Callable[[date], Callable[[], object]]] = [
            lambda day: partial(build_raw_updates, source, self.lake, day, PARAMETERS),
            lambda day: partial(build_deduped_updates, self.lake, day, PARAMETERS),
            lambda day: partial(build_enriched_updates, self.lake, day, PARAMETERS),
        ]
        for step in steps:
            for day in days:
                repairs.run(day, step(day))
                self._day(day).is_damaged = False
        if not self.has_marts:
            return
        with mart_builder(self.lake, MartParameters(SETTINGS.timezone)) as builder:
            for mart in DAILY_MARTS:
                repairs.run(None, partial(builder.build_days, mart, days))

    def _known(self) -> list[date]:
        """Return the known days that are over."""
        known = known_days(self.landing, self.lake, ALL_DAYS)
        return [day for day in known if SETTINGS.start_date <= day < self.today]

    def _states(self) -> list[DayState]:
        return day_states(self.landing, self.lake, self._known(), PARAMETERS)

    def _stale(self) -> list[date]:
        """Return the stale days, and those that their builds will make stale."""
        return stale_days(self._states())

    def _compare(self) -> None:
        within = self._known()
        enriched = Counter(key for day in within for key in self._ids(day))
        landed = {key for day in within for key in self._day(day).landed.values()}
        removed = {key for day in within for key in self._day(day).removed}
        assert landed <= set(enriched) <= landed | removed
        assert [key for key, times in enriched.items() if times > 1] == []

    def _ids(self, day: date) -> list[int]:
        with self.lake.open("enriched_updates", day) as partition:
            return [key for batch in partition.batches() for key in batch["update_id"].to_pylist()]


class SensorHistory(LandingHistory):
    """The same, and a sensor that requests the runs."""

    has_marts = True

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.instance = self.stack.enter_context(dg.DagsterInstance.ephemeral())
        self.cursor: str | None = None
        self.runs: list[RequestedRun] = []

    def teardown(self) -> None:
        with self.stack:
            super().teardown()

    # What Dagster does

    @rule(is_recorded=st.booleans())
    def tick(self, is_recorded: bool) -> None:  # noqa: FBT001
        """Evaluate the sensor; its cursor may be lost with the daemon's process."""
        self._evaluate(is_recorded=is_recorded)

    @rule()
    def lose_cursor(self) -> None:
        """Lose the sensor's cursor, as with a new Dagster home."""
        self.cursor = None

    @precondition(lambda self: self.runs)
    @rule(commits=st.none() | st.integers(0, 9))
    def run_ends(self, commits: int | None) -> None:
        """Finish a requested run, or let it fail after some commits."""
        self._finish(self.runs.pop(0), commits)

    @precondition(lambda self: self.runs)
    @rule()
    def run_vanishes(self) -> None:
        """End the process of a run, which Dagster notices after hours."""
        run = self.runs.pop(0)
        self.now += timedelta(hours=7)
        self._record_end(run, dg.DagsterRunStatus.FAILURE)

    @rule(hours=st.sampled_from([1, 8, 24, 24, 72, 24 * 9]))
    def wait(self, hours: int) -> None:
        """Let time pass, without Dagster."""
        self.now += timedelta(hours=hours)

    def _evaluate(self, *, is_recorded: bool) -> int:
        """Return how many runs are requested, also those that Dagster has had before."""
        found = late_updates_sensor(
            dg.build_sensor_context(instance=self.instance, cursor=self.cursor),
            landing=LandingResource(self.landing_uri),
            lake=LakeResource(self.lake_uri),
            clock=StoppedClock(at=self.now.isoformat()),
        )
        assert isinstance(found, dg.SensorResult)
        requests = found.run_requests or []
        for request in filter(self._is_new, requests):
            run = RequestedRun(str(uuid.uuid4()), dates_of_tags(request.tags))
            self.instance.add_run(
                dg.DagsterRun(
                    job_name="updates_job",
                    run_id=run.run_id,
                    status=dg.DagsterRunStatus.STARTED,
                    tags={**request.tags, "dagster/run_key": request.run_key or ""},
                )
            )
            self.runs.append(run)
        if is_recorded:
            self.cursor = found.cursor
        return len(requests)

    def _is_new(self, request: dg.RunRequest) -> bool:
        same_key = dg.RunsFilter(tags={"dagster/run_key": request.run_key or ""})
        return not self.instance.get_runs_count(same_key)

    def _finish(self, run: RequestedRun, commits: int | None = None) -> None:
        succeeded = False
        if commits is None:
            self._build(run.days)
            succeeded = True
        else:
            with self._ends_after(commits):
                self._build(run.days)
                succeeded = True
        status = dg.DagsterRunStatus.SUCCESS if succeeded else dg.DagsterRunStatus.FAILURE
        self._record_end(run, status)

    def _record_end(self, run: RequestedRun, status: dg.DagsterRunStatus) -> None:
        before = self.instance.get_run_by_id(run.run_id)
        assert before
        self.instance.delete_run(run.run_id)
        self.instance.add_run(
            dg.DagsterRun("updates_job", run_id=run.run_id, status=status, tags=before.tags)
        )

    def settle(self) -> None:
        """Let Dagster run undisturbed."""
        # Until then, the sensor leaves the last day to the nightly run, which is not simulated.
        self.now += NIGHTLY_GRACE
        while self.runs:
            self._finish(self.runs.pop(0))
        for _ in range(MAX_TICKS):
            self.now += GAP
            if not self._evaluate(is_recorded=True):
                break
            while self.runs:
                self._finish(self.runs.pop(0))
        assert not self._evaluate(is_recorded=True), "something is requested in vain"
        requested = ScanCursor.decode(self.cursor).requested
        given_up = {day for day, state in requested.items() if state.alone}
        stale = {state.day for state in self._states() if state.is_stale}
        assert stale <= given_up, "days are stale, and nothing requests them"
        super().settle()


def _body(update_id: int, again: int = 0) -> bytes:
    update: dict[str, Any] = {"update_id": update_id, "poll": {"id": "1" * (1 + again)}}
    return json.dumps(update).encode()


def run_histories(machine: type[LandingHistory], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
            # Shrinking a history takes many minutes.
            phases=[Phase.generate],
        ),
    )


def test_short_histories_of_landing_end_with_every_update_once() -> None:
    run_histories(LandingHistory, examples=8, steps=10)


def test_days_whose_failed_run_the_sensor_has_forgotten_are_requested_alone_and_built() -> None:
    # Given a run of two days that failed, and whose request the sensor does not remember
    history = SensorHistory()
    history.land(3, 1, is_dated=True)
    history.land(2, 1, is_dated=True)
    history.tick(is_recorded=False)
    history.run_ends(commits=0)

    # Then Dagster starts no run for the same request, and the next tick requests each of them
    history.teardown()


@pytest.mark.slow
def test_long_histories_of_landing_end_with_every_update_once() -> None:
    run_histories(LandingHistory, examples=40, steps=30)


@pytest.mark.slow
def test_histories_of_the_sensor_end_with_every_day_built_and_nothing_requested_in_vain() -> None:
    run_histories(SensorHistory, examples=15, steps=25)
