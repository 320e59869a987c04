"""The report, written anew once marts were built that it does not know."""

from collections.abc import Iterable
from typing import Final

import dagster as dg

from tg_pipeline.builds.report import REPORT
from tg_pipeline.defs.failures import ATTEMPTS, failures_since, newest_success
from tg_pipeline.defs.report_page import report_job
from tg_pipeline.defs.sensors import UNDER_WAY, is_under_way
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS

LOOK_EVERY: Final = 60
"""Seconds. A look asks Dagster's history alone."""


@dg.sensor(
    job=report_job,
    minimum_interval_seconds=LOOK_EVERY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes the report once the marts were built anew.",
)
def report_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for the report once nothing runs any more, whichever job or person built the marts.

    What failed is asked for again, a few times.
    """
    instance = context.instance
    if is_under_way(instance):
        return dg.SkipReason(UNDER_WAY)
    marts = _newest(instance, (mart.name for mart in CUMULATIVE_MARTS))
    if marts <= _newest(instance, [REPORT]):
        return dg.SkipReason("No mart was built since the report.")
    failures = failures_since(instance, newest_success(instance), report_job.name)
    if failures >= ATTEMPTS:
        return dg.SkipReason(f"{ATTEMPTS} runs of the report failed; see what they say.")
    return dg.RunRequest(run_key=f"{marts}:{failures}")


def _newest(instance: dg.DagsterInstance, assets: Iterable[str]) -> int:
    """Give Dagster's number of the last materialization of any of the assets; 0 without one."""
    records = instance.get_asset_records(list(map(dg.AssetKey, assets)))
    return max(
        (each.asset_entry.last_materialization_storage_id or 0 for each in records), default=0
    )


defs = dg.Definitions(sensors=[report_sensor])
