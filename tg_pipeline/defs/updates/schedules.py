"""The nightly schedule: every night, the day that has just ended."""

from datetime import date
from typing import Final

import dagster as dg

from tg_pipeline.builds.staleness import DAILY_HOUR, last_scheduled_day
from tg_pipeline.defs.marts.assets import DAILY_CONSERVATION_CHECKS, MARTS_BY_DAY
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.updates.assets import LAYER_CHECKS, LAYERS

DAILY_CRON: Final = f"0 {DAILY_HOUR} * * *"
"""The nightly tick, the same here and in AWS."""

updates_job = dg.define_asset_job(
    "updates_job",
    selection=dg.AssetSelection.groups(LAYERS, MARTS_BY_DAY).without_checks()
    | dg.AssetSelection.checks(*LAYER_CHECKS, *DAILY_CONSERVATION_CHECKS),
    description="Builds all layers and daily marts of a day, or of a range of days.",
)


def nightly_request(day: date) -> dg.RunRequest:
    """Return the request for a day's nightly run; its run key makes it a single run."""
    return dg.RunRequest(run_key=nightly_run_key(day), partition_key=day.isoformat())


def nightly_run_key(day: date) -> str:
    """Return the run key of a day's nightly run."""
    return f"daily:{day}"


@dg.schedule(
    job=updates_job,
    cron_schedule=DAILY_CRON,
    execution_timezone=SETTINGS.timezone,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Builds the day before (D-1).",
)
def daily_updates_schedule(
    context: dg.ScheduleEvaluationContext,
) -> dg.RunRequest | dg.SkipReason:
    """Request the day before the tick's."""
    day = last_scheduled_day(context.scheduled_execution_time, SETTINGS.zone)
    if day < SETTINGS.start_date:
        return dg.SkipReason(f"{day} is before TG_START_DATE={SETTINGS.start_date}.")
    return nightly_request(day)


def definitions(*, with_schedule: bool) -> dg.Definitions:
    """Return the job, and its schedule unless ticks come from the events queue."""
    schedules = [daily_updates_schedule] if with_schedule else []
    return dg.Definitions(jobs=[updates_job], schedules=schedules)


defs = definitions(with_schedule=not SETTINGS.events_queue_url)
