"""The definitions over a landing zone, a lake, a clock and a Dagster instance of a test's own."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import pytest

from tg_pipeline.defs import mart_sensor, marts
from tg_pipeline.defs.partitions import RANGE_END, RANGE_START, range_tags
from tg_pipeline.defs.resources import ClockResource, LakeResource, LandingResource
from tg_pipeline.defs.updates import assets, checks, schedules, sensors
from tg_pipeline_tests.conftest import Pipeline


class StoppedClock(ClockResource):
    """A clock that stands still."""

    at: str = "2026-10-10T12:00:00+00:00"

    def now(self) -> datetime:
        return datetime.fromisoformat(self.at).astimezone(UTC)


class House:
    """What a test asks of Dagster."""

    def __init__(self, pipeline: Pipeline, instance: dg.DagsterInstance) -> None:
        self.pipeline, self.instance = pipeline, instance
        self.landing = LandingResource(uri=pipeline.landing_uri)
        self.lake = LakeResource(uri=pipeline.lake_uri)
        self.defs = dg.Definitions.merge(
            assets.defs,
            marts.defs,
            schedules.defs,
            sensors.defs,
            mart_sensor.defs,
            checks.defs,
            dg.Definitions(
                executor=dg.in_process_executor,
                resources={
                    "landing": self.landing,
                    "lake": self.lake,
                    "clock": StoppedClock(),
                },
            ),
        )

    def run(self, first: date, last: date | None = None) -> dg.ExecuteInProcessResult:
        """Run the job over a span of days, as a backfill does."""
        job = self.defs.resolve_job_def("updates_job")
        return job.execute_in_process(
            instance=self.instance, tags=range_tags(first, last or first), raise_on_error=False
        )

    def metadata(self, asset: str, day: date) -> dict[str, Any]:
        """Return what the last materialization of a day says of it."""
        only = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[str(day)])
        (record,) = self.instance.fetch_materializations(only, limit=1).records
        assert record.asset_materialization is not None
        return {name: value.value for name, value in record.asset_materialization.metadata.items()}

    def look(self, at: str, cursor: str | None = None) -> dg.SensorResult:
        """Let the sensor look at a moment, with the cursor it left before."""
        found = sensors.late_updates_sensor(
            dg.build_sensor_context(instance=self.instance, cursor=cursor),
            landing=self.landing,
            lake=self.lake,
            clock=StoppedClock(at=at),
        )
        return found if isinstance(found, dg.SensorResult) else dg.SensorResult(cursor=cursor)

    def asked(self, at: str, cursor: str | None = None) -> list[tuple[str, str]]:
        """Return the spans of days that the sensor asks for."""
        requests = self.look(at, cursor).run_requests or []
        return [(request.tags[RANGE_START], request.tags[RANGE_END]) for request in requests]


@pytest.fixture
def house(pipeline: Pipeline) -> Iterator[House]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield House(pipeline, instance)
