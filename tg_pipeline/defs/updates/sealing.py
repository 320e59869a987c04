"""Every night, the landed objects of old days are sealed (TG_SEAL_AFTER_DAYS)."""

from typing import Final

import dagster as dg

from tg_pipeline.builds.staleness import DAILY_HOUR
from tg_pipeline.defs.metadata import as_dagster_failure
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import ClockResource, LakeResource, LandingResource
from tg_pipeline.landing.lock import landing_lock
from tg_pipeline.landing.sealing import SealRules
from tg_pipeline.privacy.sealing import days_before, seal_days

SEALING_CRON: Final = f"30 {DAILY_HOUR + 2} * * *"
"""After the expiry."""


@dg.op(name="seal_days")
def seal_old_days(
    context: dg.OpExecutionContext,
    landing: dg.ResourceParam[LandingResource],
    lake: dg.ResourceParam[LakeResource],
    clock: dg.ResourceParam[ClockResource],
) -> None:
    """Seal the days that are old enough; a day that is sealed already costs a listing."""
    age = SETTINGS.seal_after_days
    if age is None:
        return
    rules = SealRules(SETTINGS.bot_id, SETTINGS.ingest.minimization.apply)
    today = clock.now().astimezone(SETTINGS.zone).date()
    with (
        as_dagster_failure(lake.uri),
        landing_lock(SETTINGS.landing_uri, lambda: context.log.info("Waiting for a command.")),
    ):
        store = landing.store()
        days = days_before(store, today, age)
        for result in seal_days(store, days, rules, SETTINGS.ingest.privacy_key):
            if result.objects or result.changed:
                context.log.info(
                    "%s: %d objects were sealed; %d differ from what is sealed, and stay.",
                    result.day,
                    result.objects,
                    len(result.changed),
                )


@dg.job(name="sealing_job", description="Makes the landed objects of each old day one object.")
def sealing_job() -> None:
    """Seal old days."""
    seal_old_days()


@dg.schedule(
    job=sealing_job,
    cron_schedule=SEALING_CRON,
    execution_timezone=SETTINGS.timezone,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Seals old days of the landing zone, if TG_SEAL_AFTER_DAYS is set.",
)
def sealing_schedule() -> dg.RunRequest | dg.SkipReason:
    """Request the sealing, unless it is off."""
    if SETTINGS.seal_after_days is None:
        return dg.SkipReason("TG_SEAL_AFTER_DAYS is not set.")
    return dg.RunRequest()


defs = dg.Definitions(jobs=[sealing_job], schedules=[sealing_schedule])
