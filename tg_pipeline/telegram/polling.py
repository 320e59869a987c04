"""Long polling: offsets, graceful shutdown."""

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Final, Protocol, TypeVar

from tg_pipeline.telegram.errors import TelegramError, TooManyRequestsError, TransientError
from tg_pipeline.telegram.raw_json import JsonSplitError, split_object

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_Result = TypeVar("_Result")


class InterruptedWaitError(BaseException):
    """A wait was cut short. No Exception, since nothing on the way may handle it as a failure."""


class GracefulShutdown:
    """Whether to stop. Whoever waits does so through `during`; all else is left undisturbed."""

    def __init__(self) -> None:
        """Start undisturbed."""
        self.has_come = False
        self._is_waiting = False

    def come(self) -> None:
        """Stop: raises InterruptedWaitError in a wait, and is remembered elsewhere."""
        self.has_come = True
        if self._is_waiting:
            self._is_waiting = False
            raise InterruptedWaitError

    def during(self, wait: Callable[[], _Result]) -> _Result:
        """Run what may be cut short; raises InterruptedWaitError, at once where it has come."""
        self._is_waiting = True
        try:
            # Looked at only now: a signal that comes before this line was not raised as an error.
            if self.has_come:
                raise InterruptedWaitError
            return wait()
        finally:
            self._is_waiting = False

    def forget(self) -> None:
        """Start over: one more wait, which the next signal may cut short."""
        self.has_come = False

    @contextmanager
    def by_signals(self) -> Iterator[None]:
        """Come by SIGINT (Ctrl-C) and SIGTERM (what stops a service), in the main thread."""
        before = {number: signal.signal(number, self._hear) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self.come()


LARGEST_OFFSET: Final = 2**31 - 1
"""The server reads an offset as 32 bits. A higher one would wrap, and a negative one forgets
updates that nobody has seen. https://core.telegram.org/bots/api#getupdates"""

_ID: Final = re.compile(rb"[0-9]{1,10}")


def next_offset(offset: int | None, bodies: list[bytes]) -> int | None:
    """Give the offset that confirms `bodies`, the answer to `offset`; None where none does.

    Ids ascend, so the n updates from one on reach at least n ids far, even where theirs can't be
    read. After a week without updates ids start anew, maybe lower: then Telegram ignores the
    offset, and only the ids count. https://core.telegram.org/bots/api#update
    """
    ids = [(place, known) for place, body in enumerate(bodies) if (known := update_id_of(body))]
    reached = [known + len(bodies) - place for place, known in ids]
    if offset is not None and all(known >= offset for _, known in ids):
        reached.append(offset + len(bodies))
    return max((each for each in reached if each <= LARGEST_OFFSET), default=None)


def update_id_of(update: bytes) -> int | None:
    """Give the id of an update, None where it has none from 1 on that an offset can go past."""
    try:
        written = split_object(update).get("update_id", b"")
    except JsonSplitError:
        return None
    known = int(written) if _ID.fullmatch(written) else LARGEST_OFFSET
    return known if 0 < known < LARGEST_OFFSET else None


MOST_UPDATES: Final = 100
LONG_POLL: Final = 50
"""Seconds that Telegram holds a call at most while nothing happens."""

LONGEST_PAUSE: Final = 60.0
"""Seconds between two tries, at most; the first pause is one second, and each doubles."""


class NotStoredError(Exception):
    """Updates could not be stored; the message says why, in one sentence."""


class NothingConfirmedError(TransientError):
    """What was given can't be confirmed, and so will be given again."""


class Source(Protocol):
    """Where updates come from; raises TelegramError."""

    def get_updates(self, *, offset: int | None, limit: int, seconds: int) -> list[bytes]:
        """Confirm what lies below `offset`; give what follows, waiting for it up to `seconds`."""


@dataclass(slots=True)
class Poller:
    """Fetches updates, as long as nobody interrupts it."""

    source: Source
    store: Callable[[list[bytes]], None]
    """Returns when all bodies are durable; raises NotStoredError."""

    interruption: GracefulShutdown
    sleep: Callable[[float], None]
    say: Callable[[str], None]
    """Told what goes wrong, in one sentence each."""

    _offset: int | None = None
    """All below it is stored. None: Telegram gives all that was never confirmed."""

    _confirmed: int | None = None
    """The offset that Telegram has last answered to."""

    _failures: int = 0

    def run(self) -> None:
        """Fetch until interrupted; then confirm what is stored. Raises what does not pass."""
        with suppress(InterruptedWaitError):
            while not self.interruption.has_come:
                self._try_round()
        self._confirm()

    def run_once(self) -> None:
        """Fetch until nothing waits, or until interrupted; raises whatever goes wrong."""
        with suppress(InterruptedWaitError):
            while not self.interruption.has_come and self._round(seconds=0):
                pass
        self._confirm()

    def _try_round(self) -> None:
        try:
            self._round(LONG_POLL)
        except TooManyRequestsError as error:
            self._pause(error, error.retry_after)
        except (TransientError, NotStoredError) as error:
            self._pause(error, min(LONGEST_PAUSE, 2.0**self._failures))
            self._failures = min(self._failures + 1, 10)
        else:
            self._failures = 0

    def _round(self, seconds: int) -> int:
        """Fetch and store once; give how many updates there were."""
        bodies = self._ask(MOST_UPDATES, seconds)
        if bodies:
            self.store(bodies)
            self._advance(bodies)
        return len(bodies)

    def _ask(self, limit: int, seconds: int) -> list[bytes]:
        bodies = self.interruption.during(
            lambda: self.source.get_updates(offset=self._offset, limit=limit, seconds=seconds)
        )
        self._confirmed = self._offset
        return bodies

    def _advance(self, bodies: list[bytes]) -> None:
        following = next_offset(self._offset, bodies)
        if following is None or following == self._offset:
            raise NothingConfirmedError(
                f"Telegram gives {len(bodies)} updates that can't be confirmed; they are kept."
            )
        self._offset = following

    def _pause(self, error: Exception, seconds: float) -> None:
        self.say(f"{error} Asking again in {seconds:,.0f} s; nothing is lost.")
        self.interruption.during(lambda: self.sleep(seconds))

    def _confirm(self) -> None:
        """Confirm what is stored, so that it is not given again."""
        if self._offset == self._confirmed:
            return
        self.interruption.forget()
        try:
            self._ask(limit=1, seconds=0)
        except (TelegramError, InterruptedWaitError) as error:
            why = f" ({error})" if str(error) else ""
            self.say(f"What is stored could not be confirmed: Telegram gives it once more.{why}")
