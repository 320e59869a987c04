"""Long polling: store updates, then confirm them by the next offset; stop gracefully on signals.

Telegram returns an update again until a getUpdates call with a higher offset confirms it. The
poller confirms only what is stored, so whatever fails, nothing is lost.
https://core.telegram.org/bots/api#getupdates
"""

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Final, Protocol, TypeVar

from tg_pipeline.telegram.errors import TelegramError, TooManyRequestsError, TransientError
from tg_pipeline.telegram.raw_json import JsonSplitError, split_object

MAX_UPDATES: Final = 100
"""Per call: the maximum that Telegram allows."""

LONG_POLL_SECONDS: Final = 50
"""How long Telegram holds a call, at most, while there are no updates."""

MAX_BACKOFF: Final = 60.0
"""Seconds between two attempts, at most; the first pause is one second, and each doubles."""

MAX_OFFSET: Final = 2**31 - 1
"""The server reads an offset as 32 bits. A higher one would wrap around, and a negative one
confirms updates that were never returned. https://core.telegram.org/bots/api#getupdates"""

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_ID: Final = re.compile(rb"[0-9]{1,10}")

_Result = TypeVar("_Result")


class NotStoredError(Exception):
    """Updates could not be stored; the message says why, in one sentence."""


class NothingConfirmedError(TransientError):
    """The updates can't be confirmed, so Telegram will return them again."""


class InterruptedWaitError(BaseException):
    """A wait was interrupted. Not an Exception, so that no code handles it as a failure."""


class GracefulShutdown:
    """A request to stop, which interrupts waits but nothing else."""

    def __init__(self) -> None:
        """Start without a request."""
        self.is_requested = False
        self._is_waiting = False

    def request(self) -> None:
        """Request to stop; raises InterruptedWaitError if called during an interruptible wait."""
        self.is_requested = True
        if self._is_waiting:
            self._is_waiting = False
            raise InterruptedWaitError

    def interruptible(self, wait: Callable[[], _Result]) -> _Result:
        """Return the wait's result; raises InterruptedWaitError once a stop is requested."""
        self._is_waiting = True
        try:
            # Checked after the assignment: a signal before it did not raise.
            if self.is_requested:
                raise InterruptedWaitError
            return wait()
        finally:
            self._is_waiting = False

    def reset(self) -> None:
        """Clear the request, to allow one more wait, which the next signal may interrupt."""
        self.is_requested = False

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Request to stop on SIGINT (Ctrl-C) and SIGTERM; for the main thread."""
        before = {number: signal.signal(number, self._handle) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self.request()


class Source(Protocol):
    """The source of updates; raises TelegramError."""

    def get_updates(self, *, offset: int | None, limit: int, seconds: int) -> list[bytes]:
        """Confirm all below `offset`; return the next updates, waiting up to `seconds`."""


@dataclass(slots=True)
class Poller:
    """Fetches and stores updates until a shutdown is requested."""

    source: Source
    store: Callable[[list[bytes]], None]
    """Returns when all updates are durable; raises NotStoredError."""

    shutdown: GracefulShutdown
    sleep: Callable[[float], None]
    log: Callable[[str], None]
    """Called with one sentence about each failure."""

    _offset: int | None = None
    """All updates below it are stored. None: Telegram returns all that were never confirmed."""

    _confirmed: int | None = None
    """The offset of the last call that succeeded."""

    _failures: int = 0

    def run(self) -> None:
        """Fetch until a shutdown is requested, then confirm what is stored.

        Transient errors are logged and retried; others are raised.
        """
        with suppress(InterruptedWaitError):
            while not self.shutdown.is_requested:
                self._fetch_or_back_off()
        self._confirm()

    def run_once(self) -> None:
        """Fetch until there are no more updates, or a shutdown is requested; raises all errors."""
        with suppress(InterruptedWaitError):
            while not self.shutdown.is_requested and self._fetch(seconds=0):
                pass
        self._confirm()

    def _fetch_or_back_off(self) -> None:
        try:
            self._fetch(LONG_POLL_SECONDS)
        except TooManyRequestsError as error:
            self._pause(error, error.retry_after)
        except (TransientError, NotStoredError) as error:
            self._pause(error, min(MAX_BACKOFF, 2.0**self._failures))
            self._failures = min(self._failures + 1, 10)
        else:
            self._failures = 0

    def _fetch(self, seconds: int) -> int:
        """Fetch once and store the updates; return their number."""
        updates = self._get_updates(MAX_UPDATES, seconds)
        if updates:
            self.store(updates)
            self._advance(updates)
        return len(updates)

    def _get_updates(self, limit: int, seconds: int) -> list[bytes]:
        updates = self.shutdown.interruptible(
            lambda: self.source.get_updates(offset=self._offset, limit=limit, seconds=seconds)
        )
        self._confirmed = self._offset
        return updates

    def _advance(self, updates: list[bytes]) -> None:
        offset = next_offset(self._offset, updates)
        if offset is None or offset == self._offset:
            count = "1 update" if len(updates) == 1 else f"{len(updates)} updates"
            raise NothingConfirmedError(
                f"Telegram returned {count} without a usable id, which can't be confirmed; stored "
                "all the same."
            )
        self._offset = offset

    def _pause(self, error: Exception, seconds: float) -> None:
        self.log(f"{error} Trying again in {seconds:,.0f} s; nothing is lost.")
        self.shutdown.interruptible(lambda: self.sleep(seconds))

    def _confirm(self) -> None:
        """Confirm what is stored, so that it is not returned again."""
        if self._offset == self._confirmed:
            return
        self.shutdown.reset()
        try:
            self._get_updates(limit=1, seconds=0)
        except (TelegramError, InterruptedWaitError) as error:
            reason = f" ({error})" if str(error) else ""
            self.log(
                "The stored updates could not be confirmed, so Telegram will return them again."
                f"{reason}"
            )


def next_offset(offset: int | None, updates: list[bytes]) -> int | None:
    """Return the offset that confirms `updates`, the response to `offset`; None if none does.

    Ids ascend, so n updates from one id on cover at least n ids, even if theirs can't be read.
    After a week without updates, ids start again at a random number, maybe a lower one: then
    Telegram ignores the offset, and only the ids count. https://core.telegram.org/bots/api#update
    """
    ids = [(place, known) for place, body in enumerate(updates) if (known := update_id_of(body))]
    candidates = [known + len(updates) - place for place, known in ids]
    if offset is not None and all(known >= offset for _, known in ids):
        candidates.append(offset + len(updates))
    return max((each for each in candidates if each <= MAX_OFFSET), default=None)


def update_id_of(update: bytes) -> int | None:
    """Return the id of an update; None if it has none, or none that an offset can exceed."""
    try:
        written = split_object(update).get("update_id", b"")
    except JsonSplitError:
        return None
    known = int(written) if _ID.fullmatch(written) else MAX_OFFSET
    return known if 0 < known < MAX_OFFSET else None
