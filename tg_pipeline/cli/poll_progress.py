"""What a poller shows of itself: a live line on a terminal, a line a minute in a log."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from rich.live import Live
from rich.text import Text

from tg_pipeline.cli.bot_api import warn
from tg_pipeline.cli.console import err
from tg_pipeline.lake.delivery import Outcome, Tally

BETWEEN_LINES: Final = timedelta(minutes=1)

Clock = Callable[[], datetime]
"""Gives the time, aware."""


@dataclass(slots=True)
class PollProgress:
    """Counts what lands, and shows it on standard error."""

    clock: Clock
    is_quiet: bool = False
    """Whether the final tally says enough."""

    tally: Tally = field(default_factory=Tally)
    _last_update_at: datetime | None = None
    _last_line_at: datetime | None = None

    def live(self) -> AbstractContextManager[object]:
        """Keep a line up to date while this is entered, where a person looks on."""
        if self.is_quiet or not err.is_terminal:
            return nullcontext()
        return Live(get_renderable=self._line, console=err, refresh_per_second=2, transient=True)

    def count(self, outcome: Outcome) -> None:
        """Add an update that is durable."""
        self.tally.count(outcome)
        self._last_update_at = self.clock()
        if moved := outcome.taken.succession:
            warn(f"Chat {moved.old} became {moved.new}, which is kept as well from now on.")

    def note(self) -> None:
        """Print how far it is, at most once a minute, where no line shows it."""
        now = self.clock()
        is_due = self._last_line_at is None or now - self._last_line_at >= BETWEEN_LINES
        if is_due and not (self.is_quiet or err.is_terminal):
            self._last_line_at = now
            warn(f"{counts(self.tally)}.")

    def _line(self) -> Text:
        since = ""
        if self._last_update_at:
            since = f"; the last {(self.clock() - self._last_update_at).total_seconds():,.0f} s ago"
        return Text(f"Polling: {counts(self.tally)}{since}. Ctrl-C stops.", no_wrap=True)


def counts(tally: Tally) -> str:
    """Give a tally in words."""
    words = [f"{tally.landed:,} landed", f"{tally.already_there:,} were there already"]
    if tally.filtered:
        words.append(f"{tally.filtered:,} of other chats")
    if tally.rejected:
        words.append(f"{tally.rejected:,} rejected and kept")
    return ", ".join(words)
