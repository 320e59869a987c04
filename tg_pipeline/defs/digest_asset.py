"""The digest as an asset: a run posts it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Final

import dagster as dg

from tg_pipeline.builds.digest import (
    AdminChat,
    NotBuiltError,
    PostedMessage,
    PostOutcome,
    compose_digest,
    post_digest,
)
from tg_pipeline.builds.report import ReportSource
from tg_pipeline.defs.digest_plan import Plan
from tg_pipeline.defs.layers import TRY_AGAIN
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.report import clear_failures
from tg_pipeline.defs.resources import ClockResource, LakeResource, LandingResource
from tg_pipeline.defs.specs import OWNERS
from tg_pipeline.lake.idempotency import IdempotencyStore
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.report.digest import Digest
from tg_pipeline.report.models import DigestKind, DigestPeriod
from tg_pipeline.telegram.errors import DeliveryUnknownError, NoResponseError, TelegramError
from tg_pipeline.telegram.messages import RateLimitRetry, to_plain

DIGEST: Final = "digest"

LONGEST_WAIT: Final = 300.0
"""Seconds that a run waits for Telegram in all: a group's minute, several times over."""

MAY_PASS: Final = (DeliveryUnknownError, NoResponseError)
"""Failures behind which a second try finds something to do: the chart, at least."""


class DigestConfig(dg.Config):
    """Which digest is posted."""

    day: str | None = None
    """The day, or one of the week, YYYY-MM-DD; without one, the last that is over."""
    again: bool = False
    """Send it whatever was sent before."""

    def period(self, kind: DigestKind, today: date) -> DigestPeriod:
        """Give the digest that is asked for."""
        try:
            day = date.fromisoformat(self.day) if self.day else None
        except ValueError:
            raise dg.Failure(f"{self.day!r} is no day: YYYY-MM-DD", allow_retries=False) from None
        period = DigestPeriod.of(kind, day) if day else DigestPeriod.last_ended(kind, today)
        if today <= period.period.last:
            raise dg.Failure(f"{period.name} is not over yet.", allow_retries=False)
        return period


def digest_asset(plan: Plan) -> dg.AssetsDefinition:
    """Make the asset that posts to the chat of a plan."""

    @dg.asset(
        name=DIGEST,
        deps=[mart.name for mart in ALL_MARTS],
        group_name=DIGEST,
        owners=OWNERS,
        kinds={"telegram", "altair"},
        description=f"A message and a chart on the last {plan.kind.value}, in the admin chat.",
        retry_policy=TRY_AGAIN,
    )
    def digest(
        context: dg.AssetExecutionContext,
        config: DigestConfig,
        landing: LandingResource,
        lake: LakeResource,
        clock: ClockResource,
    ) -> dg.MaterializeResult[None]:
        """Post the digest, each half of it at most once."""
        period = config.period(plan.kind, clock.now().astimezone(SETTINGS.zone).date())
        with clear_failures(lake.uri), _clear_refusals():
            made = compose_digest(source(landing, lake), period, plan.fmt)
            claims = IdempotencyStore(lake.lake().store, clock.now)
            patience = RateLimitRetry(time.sleep, context.log.warning, LONGEST_WAIT)
            with plan.open_api() as api:
                chat = AdminChat(api, plan.chat, claims, patience)
                posted = list(post_digest(chat, made, again=config.again))
        if any(each.outcome is PostOutcome.IN_DOUBT for each in posted):
            context.log.warning("Look into the chat: tg-pipeline digest --again sends both parts.")
        return _told(made, posted)

    return digest


def _told(made: Digest, posted: list[PostedMessage]) -> dg.MaterializeResult[None]:
    outcomes = {each.part: each.outcome.value for each in posted}
    return dg.MaterializeResult(
        metadata={"edition": made.period.name, **outcomes, "message": to_plain(made.text)}
    )


def source(landing: LandingResource, lake: LakeResource) -> ReportSource:
    """Give what the digest is about, and where it is told from; raises StoreError."""
    is_filtered = bool(SETTINGS.ingest.chat_ids)
    return ReportSource(landing.store(), lake.lake(), SETTINGS.timezone, is_filtered)


@contextmanager
def _clear_refusals() -> Iterator[None]:
    """Turn what keeps a digest from being posted into a failure that says so."""
    try:
        yield
    except NotBuiltError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    except TelegramError as error:
        raise dg.Failure(str(error), allow_retries=isinstance(error, MAY_PASS)) from error
