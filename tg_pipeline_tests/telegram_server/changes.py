"""How a test's thread waits for what happens in the server's."""

from collections.abc import Callable
from threading import Condition


class Changes:
    """Told of every change, it wakes those who wait for one."""

    def __init__(self) -> None:
        self._condition = Condition()

    def announce(self) -> None:
        """Let those who wait look again."""
        with self._condition:
            self._condition.notify_all()

    def wait_until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Wait until something holds; tell whether it did in time."""
        with self._condition:
            return self._condition.wait_for(holds, seconds)
