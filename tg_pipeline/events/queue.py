"""The queue drained, within bounds: what is of no further use is deleted, the rest given."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Final, NamedTuple, Protocol

from tg_pipeline.events.messages import Event

THREADS: Final = 8
"""Requests under way: a queue answers one in some 20 ms, however fast we ask."""

MOST_SECONDS: Final = 15.0
"""Of one drain. Dagster gives a look 60 s, and the lake is to be looked at too."""

MOST_KEPT: Final = 2_000
"""Messages of one drain that stay in the queue: AWS lends out 120,000 of a queue at a time.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html"""


class QueueMessage(NamedTuple):
    """A message lent by the queue: what to delete it by, and what it says."""

    receipt: str
    body: str


class Queue(Protocol):
    """A queue that lends messages, and lends them again unless they are deleted.

    Each method raises EventsQueueError, and is called from several threads.
    """

    def receive(self) -> list[QueueMessage]:
        """Give some messages; none where the queue seems empty."""

    def delete(self, messages: Sequence[QueueMessage]) -> None:
        """Delete messages."""


class PendingMessage(NamedTuple):
    """A message that is still needed, and what it says."""

    message: QueueMessage
    event: Event


@dataclass(frozen=True, slots=True)
class DrainLimits:
    """Where a drain stops, though there may be more."""

    seconds: float = MOST_SECONDS
    kept: int = MOST_KEPT


class PollResult(NamedTuple):
    """What a drain came upon."""

    received: int
    kept: list[PendingMessage]


Needed = Callable[[str], Event | None]
"""Gives the event in a message's body where it is still needed, and None for any other message."""


def drain(queue: Queue, needed: Needed, bounds: DrainLimits) -> PollResult:
    """Take messages until there are none or a bound is met, and delete those not needed."""
    end = monotonic() + bounds.seconds
    found = _take(queue, needed)
    is_empty = not found.received
    with ThreadPoolExecutor(THREADS) as pool:
        while not is_empty and len(found.kept) < bounds.kept and monotonic() < end:
            takes = list(pool.map(lambda _: _take(queue, needed), range(THREADS)))
            is_empty = not any(take.received for take in takes)
            found = _together(found, *takes)
    return found


def _together(*takes: PollResult) -> PollResult:
    return PollResult(
        sum(take.received for take in takes), [each for take in takes for each in take.kept]
    )


def _take(queue: Queue, needed: Needed) -> PollResult:
    messages = queue.receive()
    sorted_out = [(message, needed(message.body)) for message in messages]
    queue.delete([message for message, event in sorted_out if event is None])
    return PollResult(
        len(messages),
        [PendingMessage(message, event) for message, event in sorted_out if event is not None],
    )
