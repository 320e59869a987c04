"""`tg-pipeline daily`: what Dagster's daemon does in a night, in one process that ends.

It is for a task that a scheduler starts where no daemon runs. What was done is read from the stores
alone, so a task that is killed is continued by the next one, and two at once do no harm.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final

import typer

from tg_pipeline.builds.expiry import floors_on
from tg_pipeline.builds.monitoring.alerts import AlertDeliveryError, FailedRun, alert_channels
from tg_pipeline.builds.parameters import layer_parameters
from tg_pipeline.builds.report import is_report_current
from tg_pipeline.builds.staleness import ONE_DAY, WATCHED_DAYS, last_scheduled_day
from tg_pipeline.cli.builds.run import (
    are_cumulative_marts_stale,
    build,
    changed_days,
    next_days,
    prepare_stores,
    warn_of_outside_days,
)
from tg_pipeline.cli.console import out
from tg_pipeline.cli.context import open_lake, open_landing, show, warn
from tg_pipeline.cli.main import CLEAR_ERRORS, describe
from tg_pipeline.cli.results.report import report_source
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.floors import Floors, TableGroup
from tg_pipeline.lake.footers import Footers
from tg_pipeline.landing.zone import iter_days
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import DigestKind, DigestPeriod
from tg_pipeline.settings import Settings, load_settings
from tg_pipeline.storage.idempotency import IdempotencyStore
from tg_pipeline.telegram.redaction import redact

COMMAND: Final = "tg-pipeline daily"

ALERTS: Final = "alerts/daily"
"""The folder of the lake with an idempotency key for each alert: a reason on a day."""

DIGEST_CHARACTERS: Final = 16
"""Of the digest of a reason, in a key."""

Recent = Annotated[
    bool,
    typer.Option("--recent", help=f"Look at the last {WATCHED_DAYS} days only."),
]


@dataclass(frozen=True, slots=True)
class DailyTask:
    """What one call of the command has to do."""

    settings: Settings
    now: datetime
    """Aware."""
    is_recent: bool
    """Whether only the days are looked at on which updates may still land."""

    @property
    def due(self) -> date:
        """The newest day that is over, and whose nightly run was due."""
        return last_scheduled_day(self.now, self.settings.zone)

    @property
    def fmt(self) -> Formatter:
        """What formats the lines that are printed."""
        return Formatter(self.settings.language)

    def steps(self) -> tuple[Callable[[], bool], ...]:
        """Return the steps in their order; each returns whether there was something to do."""
        return self.expire, self.build, self.post_digest

    def expire(self) -> bool:
        """Delete the days that are no longer kept: a bucket's own rules don't raise the floors."""
        today = self.now.astimezone(self.settings.zone).date()
        if self.is_recent or floors_on(today, self.settings.privacy.keep_days) == Floors():
            return False
        # Imported here: most tasks have nothing that expires.
        from tg_pipeline.cli.operation.expire import expire_and_print  # noqa: PLC0415

        expire_and_print(self.settings, today)
        return True

    def build(self) -> bool:
        """Build the due days that are stale, then the marts and the report, if they are."""
        settings, footers = self.settings, Footers(open_lake(self.settings))
        days = self.due_days(footers)
        if not self.is_recent:
            warn_of_outside_days(settings)
        is_due = days or are_cumulative_marts_stale(settings, footers) or self.wants_report(footers)
        if not is_due:
            return False
        prepare_stores(settings)
        build(days, self._further_days, self.fmt, wants_report=self.wants_report)
        return True

    def due_days(self, footers: Footers) -> list[date]:
        """Return the days to build: the stale ones, and the last one even if nothing landed.

        Without its empty tables, a quiet day could not be told from one that was never built.
        """
        settings, due = self.settings, self.due
        recent = frozenset(iter_days(due - timedelta(days=WATCHED_DAYS - 1), due))
        among = recent if self.is_recent else None
        days = set(changed_days(settings, due, footers=footers, among=among))
        if due >= settings.start_date and not footers.footer(ENRICHED_UPDATES.name, due):
            floors = layer_parameters(settings, open_landing(settings)).floors
            days |= {due} if floors.keeps(TableGroup.ENRICHED, due) else set()
        return sorted(days)

    def _further_days(self, built: Collection[date]) -> list[date]:
        """Return the due days that are stale after some were built."""
        return [day for day in next_days(self.settings, built) if day <= self.due]

    def wants_report(self, footers: Footers | None = None) -> bool:
        """Return whether the published report is yesterday's, or of older tables."""
        return not is_report_current(report_source(self.settings), self.due, footers)

    def post_digest(self) -> bool:
        """Post the digest of the last day or week that was due, unless it was posted before."""
        admin = self.settings.admin
        if self.settings.token is None or admin.chat_id is None or admin.digest is None:
            return False
        # Imported here and below: charts and HTTP take half a second, which few tasks need.
        from tg_pipeline.builds.digest import is_posted, not_built_reason  # noqa: PLC0415

        period = DigestPeriod.last_ended(DigestKind(admin.digest), self.due + ONE_DAY)
        if is_posted(self._claims(), admin.chat_id, period):
            return False
        source, texts = report_source(self.settings), self.fmt.messages.builds
        if reason := not_built_reason(source, period, language=self.settings.language):
            show(texts.no_digest.format(name=period.name, reason=reason))
            return True
        from tg_pipeline.cli.results.digest import send_digest  # noqa: PLC0415

        send_digest(self.settings, period, Formatter(admin.language))
        return True

    def tell(self, reason: str) -> None:
        """Send an alert to the chat and the URL that are set, once per day and reason."""
        clean = redact(reason, self.settings.token)
        alert = FailedRun("", COMMAND, (str(self.due),), self.now, clean)
        channels = alert_channels(self.settings)
        if not channels or not self._is_first(clean):
            return
        for channel in channels:
            try:
                channel.send(alert)
            except AlertDeliveryError as error:
                warn(str(error))

    def _is_first(self, reason: str) -> bool:
        """Record that an alert is sent; return False if one was sent about the same."""
        digest = hashlib.sha256(reason.encode()).hexdigest()[:DIGEST_CHARACTERS]
        try:
            return self._claims().acquire(f"{ALERTS}/{self.due}-{digest}.json")
        except CLEAR_ERRORS:
            return True  # the lake itself may be what failed

    def _claims(self) -> IdempotencyStore:
        return IdempotencyStore(open_lake(self.settings).store, lambda: self.now)


def daily(recent: Recent = False) -> None:
    """Build what is due, write the report, post the digest; send an alert if anything fails.

    Days that are not over, and yesterday before the hour of the nightly run, are left alone.
    """
    task = DailyTask(load_settings(), datetime.now(UTC), recent)
    try:
        _perform(task)
    except Exception as error:
        task.tell(describe(error))
        raise


def _perform(task: DailyTask) -> None:
    """Perform all steps, also those after one that fails; raises CommandError at the end."""
    had_something, failures = False, dict[str, None]()
    for step in task.steps():
        try:
            had_something |= step()
        except CLEAR_ERRORS as error:
            failures[describe(error)] = None
    if failures:
        raise CommandError("; ".join(failures))
    if not had_something:
        out.print(task.fmt.messages.builds.nothing_due)
