"""Drain a queue within limits: completed messages are deleted, pending ones returned."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Final, NamedTuple, Protocol

from tg_pipeline.events.messages import Event

THREADS: Final = 8
"""Concurrent requests: a queue takes some 20 ms for each."""

MAX_SECONDS: Final = 15.0
"""Of one drain. Dagster gives a sensor's tick 60 s, in which it scans the lake as well."""

MAX_PENDING: Final = 2_000
"""Pending messages of one drain: AWS allows 120,000 in flight per queue.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html"""


class QueueMessage(NamedTuple):
    """A message in flight: the receipt to delete it with, and its text."""

    receipt: str
    body: str


class Queue(Protocol):
    """A queue whose messages become visible again after a while unless they are deleted.

    Each method raises EventsQueueError, and is called from several threads.
    """

    def receive(self) -> list[QueueMessage]:
        """Receive some messages; none if the queue seems to be empty."""

    def delete(self, messages: Sequence[QueueMessage]) -> None:
        """Delete messages."""


class PendingMessage(NamedTuple):
    """A message that is still needed, and its event."""

    message: QueueMessage
    event: Event


@dataclass(frozen=True, slots=True)
class DrainLimits:
    """Where a drain stops, even if there are more messages."""

    seconds: float = MAX_SECONDS
    pending: int = MAX_PENDING


class PollResult(NamedTuple):
    """The number of messages received, and those that are still needed."""

    received: int
    pending: list[PendingMessage]


ParseMessage = Callable[[str], Event | None]
"""Returns the event in a message's body if it is still needed, None if it can be deleted."""


def drain(queue: Queue, parse: ParseMessage, limits: DrainLimits) -> PollResult:
    """Receive messages until there are no more or a limit is reached; delete those not needed."""
    end = monotonic() + limits.seconds
    result = _poll(queue, parse)
    is_empty = not result.received
    with ThreadPoolExecutor(THREADS) as pool:
        while not is_empty and len(result.pending) < limits.pending and monotonic() < end:
            polls = list(pool.map(lambda _: _poll(queue, parse), range(THREADS)))
            is_empty = not any(poll.received for poll in polls)
            result = _combine(result, *polls)
    return result


def _poll(queue: Queue, parse: ParseMessage) -> PollResult:
    messages = queue.receive()
    parsed = [(message, parse(message.body)) for message in messages]
    queue.delete([message for message, event in parsed if event is None])
    pending = [PendingMessage(message, event) for message, event in parsed if event is not None]
    return PollResult(len(messages), pending)


def _combine(*results: PollResult) -> PollResult:
    return PollResult(
        sum(result.received for result in results),
        [message for result in results for message in result.pending],
    )
