"""`tg-pipeline poll`: fetches the bot's updates, for a bot that has no webhook."""

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer
from obstore.exceptions import BaseError
from rich.live import Live
from rich.text import Text

from lambda_ingest.store import StoreError, first_line
from lambda_ingest.writer import LandingWriter, open_writer
from tg_pipeline.cli.console import err
from tg_pipeline.cli.context import open_api, show, warn
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.landing_writer import Delivery, LandingStats, LandResult, land_all, put_one
from tg_pipeline.lake.object_store import open_object_store
from tg_pipeline.settings import load_settings
from tg_pipeline.telegram.polling import GracefulShutdown, NotStoredError, Poller

BETWEEN_LINES: Final = timedelta(minutes=1)

Clock = Callable[[], datetime]
"""Gives the time, aware."""


@dataclass(slots=True)
class PollProgress:
    """Counts what lands, and shows it on standard error."""

    clock: Clock
    is_quiet: bool = False
    """Whether the final tally says enough."""

    tally: LandingStats = field(default_factory=LandingStats)
    _last_update_at: datetime | None = None
    _last_line_at: datetime | None = None

    def live(self) -> AbstractContextManager[object]:
        """Keep a line up to date while this is entered, where a person looks on."""
        if self.is_quiet or not err.is_terminal:
            return nullcontext()
        return Live(get_renderable=self._line, console=err, refresh_per_second=2, transient=True)

    def count(self, outcome: LandResult) -> None:
        """Add an update that is durable."""
        self.tally.count(outcome)
        self._last_update_at = self.clock()
        if moved := outcome.taken.new_migration:
            warn(f"Chat {moved.old} became {moved.new}, which is kept as well from now on.")

    def note(self) -> None:
        """Print how far it is, at most once a minute, where no line shows it."""
        now = self.clock()
        is_stale = self._last_line_at is None or now - self._last_line_at >= BETWEEN_LINES
        if is_stale and not (self.is_quiet or err.is_terminal):
            self._last_line_at = now
            warn(f"{counts(self.tally)}.")

    def _line(self) -> Text:
        since = ""
        if self._last_update_at:
            since = f"; the last {(self.clock() - self._last_update_at).total_seconds():,.0f} s ago"
        return Text(f"Polling: {counts(self.tally)}{since}. Ctrl-C stops.", no_wrap=True)


def counts(tally: LandingStats) -> str:
    """Give a tally in words."""
    words = [f"{tally.landed:,} landed", f"{tally.already_there:,} were there already"]
    if tally.filtered:
        words.append(f"{tally.filtered:,} of other chats")
    if tally.rejected:
        words.append(f"{tally.rejected:,} rejected and kept")
    return ", ".join(words)


SIDE_BY_SIDE: Final = 8
"""Updates a task: an answer has a hundred at most, and all puts may be under way at a time."""

Once = Annotated[bool, typer.Option("--once", help="Take what waits now, and stop (for cron).")]


def poll(once: Once = False) -> None:
    """Fetch updates and land them, until Ctrl-C or SIGTERM.

    Nothing is confirmed before it is stored, so that Telegram gives again whatever is not; it
    keeps an update for 24 hours. A bot that has a webhook can't be polled.
    """
    settings = load_settings()
    interruption, progress = GracefulShutdown(), PollProgress(_now, is_quiet=once)
    with open_api(settings) as api:
        landing = Landing(
            open_writer(settings.ingest, open_object_store), settings.landing_uri, progress
        )
        poller = Poller(api, landing, interruption, time.sleep, warn)
        try:
            with interruption.by_signals(), progress.live():
                _run(poller, settings.landing_uri, once=once)
        finally:
            _report(progress.tally)


@dataclass(frozen=True, slots=True)
class Landing:
    """Puts updates into the landing zone, as they came."""

    door: LandingWriter
    uri: str
    progress: PollProgress

    def __call__(self, bodies: list[bytes]) -> None:
        """Return when all of them are durable; raises NotStoredError."""
        now = self.progress.clock()
        try:
            for outcome in self._put([Delivery(body, now, "getUpdates") for body in bodies]):
                self.progress.count(outcome)
        except StoreError as error:
            raise NotStoredError(str(error)) from None
        except (BaseError, OSError) as error:
            raise NotStoredError(f"{self.uri} can't be written to: {first_line(error)}.") from None
        self.progress.note()

    def _put(self, arrivals: list[Delivery]) -> Iterable[LandResult]:
        if self.door.chats is None:
            return land_all(self.door, arrivals, SIDE_BY_SIDE)
        # One after the other: an update may follow the message that its chat has a new id.
        return (put_one(self.door, each) for each in arrivals)


def _run(poller: Poller, uri: str, *, once: bool) -> None:
    if once:
        try:
            poller.run_once()
        except NotStoredError as error:
            raise CommandError(f"{error} Nothing is lost: Telegram gives it again.") from None
        return
    warn(f"Polling; updates land in {uri}. Ctrl-C stops.")
    poller.run()
    warn("Stopped.")


def _report(tally: LandingStats) -> None:
    show(f"{counts(tally)}.")
    if tally.days:
        show(f"Days {min(tally.days)} to {max(tally.days)}. Next: tg-pipeline run")
    if tally.first_rejection:
        warn(f"The first that is no update: {tally.first_rejection}")


def _now() -> datetime:
    return datetime.now(UTC)
