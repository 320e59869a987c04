"""`tg-pipeline poll`: fetch a bot's updates by long polling, and land them."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer
from rich.live import Live
from rich.text import Text

from lambda_ingest.landing import TrustLevel
from lambda_ingest.writer import LandingWriter, open_writer
from tg_pipeline.cli.console import err
from tg_pipeline.cli.context import refuse_sample, show, warn
from tg_pipeline.cli.ingestion.bot_api import open_api, remember_username, warn_of_clock
from tg_pipeline.exceptions import CommandError
from tg_pipeline.landing.update_storage import check_clock, store_durably
from tg_pipeline.landing.writer import Delivery, LandingStats, LandResult
from tg_pipeline.settings import load_settings
from tg_pipeline.storage.object_store import open_object_store
from tg_pipeline.telegram.errors import TelegramError
from tg_pipeline.telegram.polling import GracefulShutdown, NotStoredError, Poller

LOG_INTERVAL: Final = timedelta(minutes=1)
"""The time between two progress lines, if standard error is not a terminal."""

Once = Annotated[
    bool, typer.Option("--once", help="Take the updates that are pending now, and stop (for cron).")
]
Clock = Callable[[], datetime]
"""Returns the current time, time zone aware."""


def poll(once: Once = False) -> None:
    """Fetch updates and land them, until Ctrl-C or SIGTERM.

    An update is confirmed only after it is stored; Telegram returns unconfirmed ones again, for 24
    hours. A bot that has a webhook can't be polled.
    """
    settings = load_settings()
    refuse_sample(settings, settings.bot_id)
    shutdown, progress = GracefulShutdown(), PollProgress(_now, is_quiet=once)
    with open_api(settings) as api:
        writer = open_writer(settings.ingest, _now, open_object_store)
        store = UpdateStorage(writer, settings.landing_uri, progress, lambda: api.clock_error)
        poller = Poller(api, store, shutdown, time.sleep, warn)
        # A bot that can't be reached fails below, with a reason.
        with suppress(TelegramError):
            remember_username(settings, api.get_me())
        if not once:
            warn_of_clock(api)
        try:
            with shutdown.on_signals(), progress.live():
                _run(poller, settings.landing_uri, once=once)
        finally:
            _report(progress.stats)
        if once:
            warn_of_clock(api)


def _run(poller: Poller, uri: str, *, once: bool) -> None:
    if once:
        try:
            poller.run_once()
        except NotStoredError as error:
            raise CommandError(f"{error} Nothing is lost: Telegram keeps the updates.") from None
        return
    warn(f"Polling; updates land in {uri}. Ctrl-C stops.")
    poller.run()
    warn("Stopped.")


def _report(stats: LandingStats) -> None:
    show(f"{_counts(stats)}.")
    if stats.days:
        show(f"Days {min(stats.days)} to {max(stats.days)}. Next: tg-pipeline run")
    if stats.first_rejection:
        warn(f"The first one that is not an update: {stats.first_rejection}")
    if warning := stats.describe_dates(TrustLevel.NETWORK):
        warn(warning)


def _counts(stats: LandingStats) -> str:
    counts = [f"{stats.landed:,} landed", f"{stats.already_there:,} were there already"]
    if stats.filtered:
        counts.append(f"{stats.filtered:,} of other chats")
    if stats.suppressed:
        counts.append(f"{stats.suppressed:,} of forgotten people")
    if stats.rejected:
        counts.append(f"{stats.rejected:,} rejected and kept")
    return ", ".join(counts)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class PollProgress:
    """Counts landed updates, and shows the counts on standard error."""

    clock: Clock
    is_quiet: bool = False
    """Whether to show nothing, since the final counts suffice."""

    stats: LandingStats = field(default_factory=LandingStats)
    _last_update_at: datetime | None = None
    _last_line_at: datetime | None = None

    def live(self) -> AbstractContextManager[object]:
        """Keep a line up to date within the block, if standard error is a terminal."""
        if self.is_quiet or not err.is_terminal:
            return nullcontext()
        return Live(get_renderable=self._line, console=err, refresh_per_second=2, transient=True)

    def _line(self) -> Text:
        since = ""
        if self._last_update_at:
            since = f"; the last {(self.clock() - self._last_update_at).total_seconds():,.0f} s ago"
        return Text(f"Polling: {_counts(self.stats)}{since}. Ctrl-C stops.", no_wrap=True)

    def count(self, outcome: LandResult) -> None:
        """Count an update that is durable."""
        self.stats.count(outcome)
        self._last_update_at = self.clock()
        if moved := outcome.taken.new_migration:
            warn(f"Chat {moved.old} became {moved.new}; its messages are kept as well from now on.")
        if outcome.taken.privacy_warning:
            warn(outcome.taken.privacy_warning)

    def log(self) -> None:
        """Print the counts, at most once a minute, if there is no live line."""
        now = self.clock()
        is_stale = self._last_line_at is None or now - self._last_line_at >= LOG_INTERVAL
        if is_stale and not (self.is_quiet or err.is_terminal):
            self._last_line_at = now
            warn(f"{_counts(self.stats)}.")


@dataclass(frozen=True, slots=True)
class UpdateStorage:
    """Writes polled updates to the landing zone, as they were received."""

    writer: LandingWriter
    uri: str
    progress: PollProgress
    clock_error: Callable[[], timedelta | None]
    """Returns how far the clock is ahead of Telegram's; None if that is unknown."""

    def __call__(self, updates: list[bytes]) -> None:
        """Return when all updates are durable.

        Raises NotStoredError, also if the clock is so wrong that they would land on wrong days.
        """
        check_clock(self.clock_error())
        now = self.progress.clock()
        deliveries = [Delivery(body, now, "getUpdates") for body in updates]
        for outcome in store_durably(self.writer, self.uri, deliveries):
            self.progress.count(outcome)
        self.progress.log()
