"""How long things last: Telegram's seconds, at the pace of a test."""

from dataclasses import dataclass
from typing import Self

FIRST_DELAY, LONGEST_DELAY = 1.0, 60.0
LONGEST_RETRY_AFTER = 3600.0
DELIVERY_TIMEOUT = 60.0
SHORTEST_TIMEOUT = 5.0
"""A busy machine is no slow listener: only a test that says so gets less."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many seconds a second of Telegram's lasts, and a delivery at the longest."""

    scale: float
    delivery_timeout: float

    @classmethod
    def of(cls, scale: float, delivery_timeout: float | None) -> Self:
        """Scale the time a delivery may take too, unless the test says it."""
        if delivery_timeout is None:
            return cls(scale, max(DELIVERY_TIMEOUT * scale, SHORTEST_TIMEOUT))
        return cls(scale, delivery_timeout)

    def delay(self, failures: int, retry_after: float) -> float:
        """Give the seconds to the next attempt: what the listener asked for, or ever more."""
        growing = FIRST_DELAY * 2 ** min(failures - 1, 16)
        waited = min(retry_after, LONGEST_RETRY_AFTER) or min(growing, LONGEST_DELAY)
        return waited * self.scale
