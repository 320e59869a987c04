"""The digest: posted every morning or every Monday to the admin chat, if TG_DIGEST is set."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final

import dagster as dg

from lambda_ingest.settings import Secret
from tg_pipeline.builds.digest import (
    AdminChat,
    NotBuiltError,
    PostedMessage,
    PostOutcome,
    compose_digest,
    is_posted,
    not_built_reason,
    post_digest,
)
from tg_pipeline.builds.parameters import layer_parameters, mart_parameters
from tg_pipeline.builds.report import ReportSource
from tg_pipeline.defs.metadata import as_dagster_failure
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import SENSOR_TIMEOUT, ClockResource, LakeResource, LandingResource
from tg_pipeline.defs.updates.assets import OWNERS, RETRY_POLICY
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.report.digest import Digest
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import DigestKind, DigestPeriod
from tg_pipeline.settings import Settings
from tg_pipeline.storage.idempotency import IdempotencyStore
from tg_pipeline.telegram.errors import DeliveryUnknownError, NoResponseError, TelegramError
from tg_pipeline.telegram.messages import RateLimitRetry, to_plain

DIGEST: Final = "digest"
JOB: Final = "digest_job"

CRONS: Final = {DigestKind.DAY: "0 7-11 * * *", DigestKind.WEEK: "0 7-11 * * 1"}
"""Hours after the nightly run, so that the marts are built. A digest sent at 7 is not sent again at
8, and one that can't be sent by 11 needs a person."""

MAX_WAIT: Final = 300.0
"""Seconds that a run waits for Telegram in total: several times a group's limit of one minute."""

RETRYABLE: Final = (DeliveryUnknownError, NoResponseError)
"""Errors after which a second attempt can at least send the chart."""


@dataclass(frozen=True, slots=True)
class DigestTarget:
    """Which digest is sent, to which chat, and by which bot."""

    kind: DigestKind
    chat: str
    fmt: Formatter
    token: Secret
    api_url: str

    @classmethod
    def from_settings(cls, settings: Settings) -> "DigestTarget | None":
        """Return the target; None unless a token, a chat and a kind of digest are set."""
        admin = settings.admin
        if settings.token is None or admin.chat_id is None or admin.digest is None:
            return None
        fmt = Formatter(admin.language)
        return cls(DigestKind(admin.digest), admin.chat_id, fmt, settings.token, settings.api_url)


CONFIG: Final = {
    "day": dg.Field(
        dg.Noneable(str),
        default_value=None,
        description="The day, or a day of the week, YYYY-MM-DD; by default the last one that has "
        "ended.",
    ),
    "again": dg.Field(bool, default_value=False, description="Send it even if it was sent before."),
}
"""What a launch can choose: values only, no names of environment variables."""


@dataclass(frozen=True, slots=True)
class DigestConfig:
    """Which digest is posted."""

    day: str | None = None
    again: bool = False

    def period(self, kind: DigestKind, today: date) -> DigestPeriod:
        """Return the requested digest; raises dg.Failure."""
        try:
            day = date.fromisoformat(self.day) if self.day else None
        except ValueError:
            reason = f"{self.day!r} is not a valid date: YYYY-MM-DD"
            raise dg.Failure(reason, allow_retries=False) from None
        period = DigestPeriod.of(kind, day) if day else DigestPeriod.last_ended(kind, today)
        if today <= period.period.last:
            raise dg.Failure(f"{period.name} is not over yet.", allow_retries=False)
        return period


def digest_asset(target: DigestTarget) -> dg.AssetsDefinition:
    """Return the asset that posts the digest."""

    @dg.asset(
        name=DIGEST,
        deps=[mart.name for mart in ALL_MARTS],
        group_name=DIGEST,
        owners=OWNERS,
        kinds={"telegram"},
        description=f"A message and a chart about the last {target.kind.value}, in the admin chat.",
        retry_policy=RETRY_POLICY,
        config_schema=CONFIG,
    )
    def digest(
        context: dg.AssetExecutionContext,
        landing: dg.ResourceParam[LandingResource],
        lake: dg.ResourceParam[LakeResource],
        clock: dg.ResourceParam[ClockResource],
    ) -> dg.MaterializeResult[None]:
        """Post the digest's message and its chart, each at most once."""
        # Imported here: HTTP takes 0.1 s, and few of Dagster's processes post.
        from tg_pipeline.telegram.client import BotApiClient  # noqa: PLC0415

        config = DigestConfig(**context.op_execution_context.op_config)
        period = config.period(target.kind, clock.now().astimezone(SETTINGS.zone).date())
        with as_dagster_failure(lake.uri), _as_dagster_failures():
            made = compose_digest(_source(landing, lake), period, target.fmt)
            sent = IdempotencyStore(lake.lake().store, clock.now)
            retry = RateLimitRetry(time.sleep, context.log.warning, MAX_WAIT)
            with BotApiClient(target.token, target.api_url) as api:
                chat = AdminChat(api, target.chat, sent, retry)
                posted = list(post_digest(chat, made, again=config.again))
        if any(each.outcome is PostOutcome.IN_DOUBT for each in posted):
            context.log.warning("Check the chat; tg-pipeline digest --again sends both parts.")
        return _result(made, posted)

    return digest


def digest_schedule(target: DigestTarget) -> dg.ScheduleDefinition:
    """Return the schedule that requests the last digest until it is sent or the morning is over."""

    @dg.schedule(
        name="digest_schedule",
        job_name=JOB,
        cron_schedule=CRONS[target.kind],
        execution_timezone=SETTINGS.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Posts the digest of the last {target.kind.value}, once its days are built.",
    )
    def schedule(
        context: dg.ScheduleEvaluationContext,
        landing: dg.ResourceParam[LandingResource],
        lake: dg.ResourceParam[LakeResource],
        clock: dg.ResourceParam[ClockResource],
    ) -> dg.RunRequest | dg.SkipReason:
        today = context.scheduled_execution_time.astimezone(SETTINGS.zone).date()
        period = DigestPeriod.last_ended(target.kind, today)
        if is_posted(
            IdempotencyStore(lake.lake(SENSOR_TIMEOUT).store, clock.now), target.chat, period
        ):
            return dg.SkipReason(f"The digest of {period.name} was posted already.")
        if reason := not_built_reason(_source(landing, lake), period):
            return dg.SkipReason(f"No digest of {period.name} yet. {reason}")
        config = {"day": period.period.last.isoformat()}
        return dg.RunRequest(run_config={"ops": {DIGEST: {"config": config}}})

    return schedule


def definitions(settings: Settings) -> dg.Definitions:
    """Return the asset, its job and its schedule; nothing unless a digest is set up."""
    target = DigestTarget.from_settings(settings)
    if target is None:
        return dg.Definitions()
    asset = digest_asset(target)
    job = dg.define_asset_job(JOB, selection=[asset], description="Posts the digest.")
    return dg.Definitions(assets=[asset], jobs=[job], schedules=[digest_schedule(target)])


def _source(landing: LandingResource, lake: LakeResource) -> ReportSource:
    store, is_filtered = landing.store(), bool(SETTINGS.ingest.chat_ids)
    return ReportSource(
        store,
        lake.lake(),
        mart_parameters(SETTINGS, store),
        layer_parameters(SETTINGS, store),
        is_filtered,
    )


def _result(made: Digest, posted: list[PostedMessage]) -> dg.MaterializeResult[None]:
    outcomes = {each.part: each.outcome.value for each in posted}
    # The message names people and quotes questions.
    text = {"message": to_plain(made.text)} if SETTINGS.privacy.shows_previews else {}
    return dg.MaterializeResult(metadata={"edition": made.period.name, **outcomes, **text})


@contextmanager
def _as_dagster_failures() -> Iterator[None]:
    """Turn an error that prevents posting into a Dagster failure with its message."""
    try:
        yield
    except NotBuiltError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    except TelegramError as error:
        raise dg.Failure(str(error), allow_retries=isinstance(error, RETRYABLE)) from error


defs = definitions(SETTINGS)
