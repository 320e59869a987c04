"""When a day is built: every night, the day that has just ended."""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import dagster as dg

from tg_pipeline.defs.mart_specs import DAILY_LAWS, MARTS_BY_DAY
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.specs import CONSERVATION_CHECKS, LAYERS

DAILY_HOUR: Final = 3
"""The local hour of the nightly run: what Telegram retried after midnight is mostly there."""

DAILY_CRON: Final = f"0 {DAILY_HOUR} * * *"
"""The nightly tick, here and in AWS alike."""

updates_job = dg.define_asset_job(
    "updates_job",
    selection=dg.AssetSelection.groups(LAYERS, MARTS_BY_DAY).without_checks()
    | dg.AssetSelection.checks(*CONSERVATION_CHECKS, *DAILY_LAWS),
    description="Builds all layers and daily marts of a day, or of a span of days.",
)


def last_due_day(now: datetime, zone: ZoneInfo, grace: timedelta = timedelta()) -> date:
    """Give the newest day that the nightly run, `grace` ago or earlier, was to build.

    `now` must be aware.
    """
    local = (now - grace).astimezone(zone)
    due = local.date() if local.time() >= time(DAILY_HOUR) else local.date() - timedelta(days=1)
    return due - timedelta(days=1)


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
    day = last_due_day(context.scheduled_execution_time, SETTINGS.zone)
    if day < SETTINGS.start_date:
        return dg.SkipReason(f"{day} is before TG_START_DATE={SETTINGS.start_date}.")
    return dg.RunRequest(run_key=f"daily:{day}", partition_key=day.isoformat())


defs = dg.Definitions(jobs=[updates_job], schedules=[daily_updates_schedule])
