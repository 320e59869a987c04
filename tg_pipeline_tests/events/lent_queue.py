"""A queue that does what SQS may do: any order, a message lent again, one delivered twice."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from tg_pipeline.events.queue import QueueMessage

AT_ONCE = 10
VISIBILITY = 300.0


@dataclass
class _Held:
    body: str
    visible_at: float = 0.0
    lent: int = 0


@dataclass
class LentQueue:
    """Messages that come back after VISIBILITY seconds of a clock, unless they are deleted."""

    seconds: Callable[[], float] = lambda: 0.0
    random: Random = field(default_factory=lambda: Random(5))  # noqa: S311 - no secret
    held: dict[int, _Held] = field(default_factory=dict)
    sent: int = 0
    most_lent: int = 0
    """How often the message that was lent most often was lent."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, *bodies: str) -> None:
        for body in bodies:
            self.sent += 1
            self.held[self.sent] = _Held(body)

    def receive(self) -> list[QueueMessage]:
        with self._lock:
            visible = [n for n, each in self.held.items() if each.visible_at <= self.seconds()]
            chosen = self.random.sample(visible, min(AT_ONCE, len(visible)))
            for number in chosen:
                self.held[number].visible_at = self.seconds() + VISIBILITY
                self.held[number].lent += 1
                self.most_lent = max(self.most_lent, self.held[number].lent)
            return [QueueMessage(str(number), self.held[number].body) for number in chosen]

    def delete(self, messages: Sequence[QueueMessage]) -> None:
        with self._lock:
            for message in messages:
                self.held.pop(int(message.receipt), None)

    @property
    def bodies(self) -> list[str]:
        """Give what is in the queue, lent or not."""
        return [each.body for each in self.held.values()]
