"""The nightly schedule of the expiry, after the day before was built."""

from typing import Final

import dagster as dg

from tg_pipeline.builds.staleness import DAILY_HOUR
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.privacy.assets import EXPIRY
from tg_pipeline.settings import KeepDays

EXPIRY_CRON: Final = f"0 {DAILY_HOUR + 1} * * *"

expiry_job = dg.define_asset_job(
    "expiry_job",
    selection=dg.AssetSelection.assets(EXPIRY),
    description="Deletes the days that are no longer to be kept.",
)


@dg.schedule(
    job=expiry_job,
    cron_schedule=EXPIRY_CRON,
    execution_timezone=SETTINGS.timezone,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Deletes expired days, if any TG_KEEP_DAYS_… is set.",
)
def expiry_schedule() -> dg.RunRequest | dg.SkipReason:
    """Request the expiry, unless all days are kept."""
    if SETTINGS.privacy.keep_days == KeepDays():
        return dg.SkipReason("All days are kept: no TG_KEEP_DAYS_… is set.")
    return dg.RunRequest()


defs = dg.Definitions(jobs=[expiry_job], schedules=[expiry_schedule])
