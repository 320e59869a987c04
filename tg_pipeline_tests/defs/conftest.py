"""The definitions with a landing zone, a lake, a clock and a Dagster instance for one test."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import pytest

from tg_pipeline.defs import automation
from tg_pipeline.defs.marts import assets as marts
from tg_pipeline.defs.partitions import RANGE_END, RANGE_START, range_tags
from tg_pipeline.defs.report import assets as report
from tg_pipeline.defs.resources import ClockResource, LakeResource, LandingResource
from tg_pipeline.defs.updates import assets, checks, schedules, sensors
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer


@dataclass(frozen=True)
class StoppedClock(ClockResource):
    """A clock with a fixed time."""

    at: str = "2026-10-10T12:00:00+00:00"

    def now(self) -> datetime:
        return datetime.fromisoformat(self.at).astimezone(UTC)


class House:
    """The definitions, and what a test does with them."""

    def __init__(self, pipeline: Pipeline, instance: dg.DagsterInstance) -> None:
        self.pipeline, self.instance = pipeline, instance
        self.landing = LandingResource(uri=pipeline.landing_uri)
        self.lake = LakeResource(uri=pipeline.lake_uri)
        self.resources: dict[str, object] = {
            "landing": self.landing,
            "lake": self.lake,
            "clock": StoppedClock(),
        }
        self.defs = dg.Definitions.merge(
            assets.defs,
            marts.defs,
            report.defs,
            automation.defs,
            schedules.defs,
            sensors.defs,
            checks.defs,
            dg.Definitions(
                executor=dg.in_process_executor,
                resources=self.resources,
            ),
        )

    def run(self, first: date, last: date | None = None) -> dg.ExecuteInProcessResult:
        job = self.defs.resolve_job_def("updates_job")
        return job.execute_in_process(
            instance=self.instance, tags=range_tags(first, last or first), raise_on_error=False
        )

    def run_job(self, name: str) -> dg.ExecuteInProcessResult:
        job = self.defs.resolve_job_def(name)
        return job.execute_in_process(instance=self.instance, raise_on_error=False)

    def metadata(self, asset: str, day: date) -> dict[str, Any]:
        only = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[str(day)])
        (record,) = self.instance.fetch_materializations(only, limit=1).records
        assert record.asset_materialization is not None
        return {name: value.value for name, value in record.asset_materialization.metadata.items()}

    def look(self, at: str, cursor: str | None = None) -> dg.SensorResult:
        found = sensors.late_updates_sensor(
            dg.build_sensor_context(instance=self.instance, cursor=cursor),
            landing=self.landing,
            lake=self.lake,
            clock=StoppedClock(at=at),
        )
        return found if isinstance(found, dg.SensorResult) else dg.SensorResult(cursor=cursor)

    def asked(self, at: str, cursor: str | None = None) -> list[tuple[str, str]]:
        requests = self.look(at, cursor).run_requests or []
        return [(request.tags[RANGE_START], request.tags[RANGE_END]) for request in requests]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def house(pipeline: Pipeline, instance: dg.DagsterInstance) -> House:
    return House(pipeline, instance)
