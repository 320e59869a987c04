"""When a day is built: every night, the day that has just ended."""

from datetime import date
from typing import Final

import dagster as dg

from tg_pipeline.builds.staleness import DAILY_HOUR, last_scheduled_day
from tg_pipeline.defs.mart_specs import DAILY_LAWS, MARTS_BY_DAY
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.specs import CONSERVATION_CHECKS, LAYERS

DAILY_CRON: Final = f"0 {DAILY_HOUR} * * *"
"""The nightly tick, here and in AWS alike."""

updates_job = dg.define_asset_job(
    "updates_job",
    selection=dg.AssetSelection.groups(LAYERS, MARTS_BY_DAY).without_checks()
    | dg.AssetSelection.checks(*CONSERVATION_CHECKS, *DAILY_LAWS),
    description="Builds all layers and daily marts of a day, or of a span of days.",
)


def daily_request(day: date) -> dg.RunRequest:
    """Give the nightly run of a day; asked for twice, it is one."""
    return dg.RunRequest(run_key=daily_key(day), partition_key=day.isoformat())


def daily_key(day: date) -> str:
    """Give the key by which Dagster knows the nightly run of a day."""
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
    """Ask for the day before the tick's."""
    day = last_scheduled_day(context.scheduled_execution_time, SETTINGS.zone)
    if day < SETTINGS.start_date:
        return dg.SkipReason(f"{day} is before TG_START_DATE={SETTINGS.start_date}.")
    return daily_request(day)


def definitions(*, ticks: bool) -> dg.Definitions:
    """Give the job, and the schedule that asks for it unless ticks come from elsewhere."""
    return dg.Definitions(jobs=[updates_job], schedules=[daily_updates_schedule] if ticks else [])


defs = definitions(ticks=not SETTINGS.events_queue_url)
