"""The digest, posted in the morning where a chat, TG_DIGEST and a token are set."""

from typing import Final

import dagster as dg

from tg_pipeline.builds.digest import is_posted, not_built_reason
from tg_pipeline.defs.digest_asset import DIGEST, DigestConfig, digest_asset, source
from tg_pipeline.defs.digest_plan import Plan
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import A_TICK, ClockResource, LakeResource, LandingResource
from tg_pipeline.lake.idempotency import IdempotencyStore
from tg_pipeline.report.models import DigestKind, DigestPeriod
from tg_pipeline.settings import Settings

JOB: Final = "digest_job"

CRONS: Final = {DigestKind.DAY: "0 7-11 * * *", DigestKind.WEEK: "0 7-11 * * 1"}
"""Hours after the nightly run, so that marts are built. What is sent at 7 is not sent at 8, and
what can't be sent by 11 needs a person."""


def digest_schedule(plan: Plan) -> dg.ScheduleDefinition:
    """Make the schedule that asks for the last digest, until it is sent or the morning is over."""

    @dg.schedule(
        name="digest_schedule",
        job_name=JOB,
        cron_schedule=CRONS[plan.kind],
        execution_timezone=SETTINGS.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Posts the digest of the last {plan.kind.value}, once what it needs is built.",
    )
    def schedule(
        context: dg.ScheduleEvaluationContext,
        landing: LandingResource,
        lake: LakeResource,
        clock: ClockResource,
    ) -> dg.RunRequest | dg.SkipReason:
        today = context.scheduled_execution_time.astimezone(SETTINGS.zone).date()
        period = DigestPeriod.last_ended(plan.kind, today)
        if is_posted(IdempotencyStore(lake.lake(A_TICK).store, clock.now), plan.chat, period):
            return dg.SkipReason(f"Nothing of the digest of {period.name} is left to post.")
        if reason := not_built_reason(source(landing, lake), period):
            return dg.SkipReason(f"No digest of {period.name} yet. {reason}")
        config = DigestConfig(day=period.period.last.isoformat())
        return dg.RunRequest(run_config=dg.RunConfig(ops={DIGEST: config}))

    return schedule


def definitions(settings: Settings) -> dg.Definitions:
    """Give the asset, its job and its schedule; nothing where no digest is asked for."""
    plan = Plan.of(settings)
    if plan is None:
        return dg.Definitions()
    asset = digest_asset(plan)
    job = dg.define_asset_job(JOB, selection=[asset], description="Posts the digest.")
    return dg.Definitions(assets=[asset], jobs=[job], schedules=[digest_schedule(plan)])


defs = definitions(SETTINGS)
