"""The marts of all days, built anew once a run has changed a day."""

from typing import Final

import dagster as dg

from tg_pipeline.builds.marts import cumulative_marts_are_stale
from tg_pipeline.defs.failures import ATTEMPTS, failures_since, newest_success
from tg_pipeline.defs.marts import marts_job
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import A_TICK, LakeResource
from tg_pipeline.defs.sensors import UNDER_WAY, is_under_way

LOOK_EVERY: Final = 60
"""Seconds. A look asks Dagster's history, and the lake only where that has something new."""


@dg.sensor(
    job=marts_job,
    minimum_interval_seconds=LOOK_EVERY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Builds the marts of all days after runs that changed a day.",
)
def marts_sensor(
    context: dg.SensorEvaluationContext, lake: LakeResource
) -> dg.SensorResult | dg.SkipReason:
    """Ask for the marts once nothing runs any more, so that a backfill is followed by one run.

    The lake says whether they are due, whichever job or person changed it. What failed is asked for
    again, a few times at once, and then after the next run that succeeds.
    """
    if is_under_way(context.instance):
        return dg.SkipReason(UNDER_WAY)
    newest = newest_success(context.instance)
    cursor = newest.dagster_run.run_id if newest else ""
    failures = failures_since(context.instance, newest, marts_job.name)
    if cursor == context.cursor and not failures:
        return dg.SkipReason("No run has succeeded since the last look.")
    if failures >= ATTEMPTS:
        return dg.SkipReason(f"{ATTEMPTS} runs of the marts failed; see what they say.")
    due = cumulative_marts_are_stale(lake.lake(A_TICK), SETTINGS.timezone)
    return dg.SensorResult(run_requests=[dg.RunRequest()] if due else [], cursor=cursor)


defs = dg.Definitions(sensors=[marts_sensor])
