"""Late and changed days, found by listing: what lands after a day was built is built too."""

from datetime import timedelta
from typing import Final

import dagster as dg

from tg_pipeline.defs.late_days import look_for
from tg_pipeline.defs.look_memory import LookMemory
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import A_TICK, ClockResource, LakeResource, LandingResource
from tg_pipeline.defs.schedules import updates_job

UNFINISHED: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

UNDER_WAY: Final = "A run is under way; this looks again after it."

LOOK_EVERY: Final = 300
"""Seconds. A look lists the watched days, and a bucket charges for listings."""

SWEEP_EVERY: Final = timedelta(hours=6)
"""Where a queue tells what lands: this finds what the queue could not tell."""

PAUSE: Final = SWEEP_EVERY if SETTINGS.events_queue_url else timedelta()
"""How long the sensor rests after a look that found nothing."""


def is_under_way(instance: dg.DagsterInstance) -> bool:
    """Say whether any run is not finished yet."""
    return instance.get_runs_count(dg.RunsFilter(statuses=UNFINISHED)) > 0


def late_sensor(pause: timedelta) -> dg.SensorDefinition:
    """Make the sensor that lists, and rests for a pause after a look that found nothing."""

    @dg.sensor(
        name="late_updates_sensor",
        job=updates_job,
        minimum_interval_seconds=LOOK_EVERY,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Builds days on which something landed late, and days that were missed.",
    )
    def evaluate(
        context: dg.SensorEvaluationContext,
        landing: LandingResource,
        lake: LakeResource,
        clock: ClockResource,
    ) -> dg.SensorResult | dg.SkipReason:
        """Ask for the days that are not built from what stands above them, while nothing runs."""
        memory, now = LookMemory.read(context.cursor), clock.now()
        if memory.is_rest(now, pause):
            return dg.SkipReason(f"Nothing was due at {memory.quiet_since}; looks {pause} later.")
        if is_under_way(context.instance):
            return dg.SkipReason(UNDER_WAY)
        look = look_for(landing.store(A_TICK), lake.lake(A_TICK), now, (), memory.tried)
        quiet_since = None if look.requests else now
        cursor = LookMemory(look.plan.tried, quiet_since).as_cursor()
        return dg.SensorResult(look.requests, skip_reason=look.skip_reason, cursor=cursor)

    return evaluate


late_updates_sensor: Final = late_sensor(PAUSE)

defs = dg.Definitions(sensors=[late_updates_sensor])
