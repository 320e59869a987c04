"""Long polling: fetch, store, and only then confirm.

Asking with an offset makes Telegram forget all below it, so an offset stands for what is stored.
Whatever breaks, the same is asked again. https://core.telegram.org/bots/api#getupdates
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from tg_pipeline.telegram.errors import PassingError, TelegramError, TooManyRequestsError
from tg_pipeline.telegram.interruption import InterruptedWaitError, Interruption
from tg_pipeline.telegram.offsets import next_offset

MOST_UPDATES: Final = 100
LONG_POLL: Final = 50
"""Seconds that Telegram holds a call at most while nothing happens."""

LONGEST_PAUSE: Final = 60.0
"""Seconds between two tries, at most; the first pause is one second, and each doubles."""


class NotStoredError(Exception):
    """Updates could not be stored; the message says why, in one sentence."""


class NothingConfirmedError(PassingError):
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

    interruption: Interruption
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
        except (PassingError, NotStoredError) as error:
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
