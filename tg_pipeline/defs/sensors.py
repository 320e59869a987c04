"""Late and changed days, found by listing: what lands after a day was built is built too."""

from typing import Final

import dagster as dg

from tg_pipeline.defs.late_days import look_for
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

SWEEP_EVERY: Final = 6 * 3600
"""Seconds, where a queue tells what lands: this finds what the queue could not tell."""


def is_under_way(instance: dg.DagsterInstance) -> bool:
    """Say whether any run is not finished yet."""
    return instance.get_runs_count(dg.RunsFilter(statuses=UNFINISHED)) > 0


@dg.sensor(
    job=updates_job,
    minimum_interval_seconds=SWEEP_EVERY if SETTINGS.events_queue_url else LOOK_EVERY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Builds days on which something landed late, and days that were missed.",
)
def late_updates_sensor(
    context: dg.SensorEvaluationContext,
    landing: LandingResource,
    lake: LakeResource,
    clock: ClockResource,
) -> dg.SensorResult | dg.SkipReason:
    """Ask for the days that are not built from what stands above them, a run a span.

    Only while nothing runs, and no two spans side by side: runs of neighbouring days would not
    see each other's rows.
    """
    if is_under_way(context.instance):
        return dg.SkipReason(UNDER_WAY)
    look = look_for(landing.store(A_TICK), lake.lake(A_TICK), clock.now(), (), context.cursor or "")
    if look.skip_reason:
        return dg.SkipReason(look.skip_reason)
    return dg.SensorResult(run_requests=look.requests, cursor=look.attempt.as_cursor())


defs = dg.Definitions(sensors=[late_updates_sensor])
