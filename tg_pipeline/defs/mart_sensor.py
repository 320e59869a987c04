"""The marts of all days, built anew once a run has changed a day."""

from typing import Final

import dagster as dg

from tg_pipeline.builds.mart_state import whole_marts_are_due
from tg_pipeline.defs.marts import marts_job
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import LakeResource
from tg_pipeline.defs.sensors import UNFINISHED

ANY_SUCCESS: Final = dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS])

LOOK_EVERY: Final = 60
"""Seconds. A look asks Dagster's history, and the lake only where a run has succeeded since."""


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
    again after the next run that succeeds.
    """
    if context.instance.get_runs_count(dg.RunsFilter(statuses=UNFINISHED)):
        return dg.SkipReason("A run is under way; this looks again after it.")
    newest = context.instance.get_runs(ANY_SUCCESS, limit=1)
    cursor = newest[0].run_id if newest else ""
    if cursor == context.cursor:
        return dg.SkipReason("No run has succeeded since the last look.")
    due = whole_marts_are_due(lake.lake(), SETTINGS.timezone)
    return dg.SensorResult(run_requests=[dg.RunRequest()] if due else [], cursor=cursor)


defs = dg.Definitions(sensors=[marts_sensor])
