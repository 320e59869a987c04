"""Is yesterday there? Asked every morning, once the nightly run has had its time."""

from typing import Final

import dagster as dg

from tg_pipeline.builds.staleness import DAILY_HOUR, last_scheduled_day
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import ClockResource, LakeResource, LandingResource
from tg_pipeline.lake.landing_zone import list_objects
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES

HOURS_OF_GRACE: Final = 2
"""How long after the nightly tick its day is missed."""


@dg.asset_check(
    asset=ENRICHED_UPDATES.name,
    name="yesterday_is_there",
    description="The last day that was due has its partition, be it an empty one.",
)
def yesterday_is_there(
    landing: LandingResource, lake: LakeResource, clock: ClockResource
) -> dg.AssetCheckResult:
    """Look for the partition of the last day that was due.

    It does not block: a backfill in the UI looks too, and may come to that day last.
    """
    day = last_scheduled_day(clock.now(), SETTINGS.zone)
    if day < SETTINGS.start_date:
        return dg.AssetCheckResult(passed=True, description="No day is due yet.")
    with lake.lake().open(ENRICHED_UPDATES.name, day) as partition:
        exists, rows = partition.exists, partition.rows
    landed = len(list_objects(landing.store(), day))
    return dg.AssetCheckResult(
        passed=exists,
        description="" if exists else f"{day} is not built; {landed} objects landed on it.",
        metadata={"day": day.isoformat(), "rows": rows, "landed_objects": landed},
    )


freshness_job = dg.define_asset_job(
    "freshness_job",
    selection=dg.AssetSelection.checks(yesterday_is_there),
    description="Looks for the last day that was due.",
)

freshness_schedule = dg.ScheduleDefinition(
    job=freshness_job,
    cron_schedule=f"0 {DAILY_HOUR + HOURS_OF_GRACE} * * *",
    execution_timezone=SETTINGS.timezone,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)

defs = dg.Definitions(
    asset_checks=[yesterday_is_there], jobs=[freshness_job], schedules=[freshness_schedule]
)
