"""A signal to stop: it cuts waiting short at once, and lets what must be finished finish."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, TypeVar

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_Result = TypeVar("_Result")


class InterruptedWaitError(BaseException):
    """A wait was cut short. No Exception, since nothing on the way may handle it as a failure."""


class Interruption:
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
