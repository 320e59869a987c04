"""Delivery of simulated updates: immediate, retried, or hours late after an outage."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from typing import Final
from zoneinfo import ZoneInfo

from tg_pipeline.sample.facts import Fact
from tg_pipeline.sample.timeline import SeededRandom, instant

TRANSIT: Final = (0.2, 1.8)
"""Seconds from an event to the webhook call: least and most."""

RETRIED: Final = 0.005
RETRIED_TWICE: Final = 0.3
"""Shares of the updates that are delivered again, and of those delivered a third time."""

RETRY_AFTER: Final = (1.0, 120.0)
LATE_RETRY_AFTER: Final = (20.0, 90.0)
"""Seconds from the first delivery to a retry; and for a call just before midnight, whose retry
must come after it."""

OUTAGE_EVERY: Final = 14
FIRST_OUTAGE: Final = 5
"""Days between outages and the first day with one, chosen to spare the days of late calls."""


@dataclass(frozen=True, slots=True)
class SampleDelivery:
    """A webhook call, or a line about a call of the bot: its time of arrival (aware, UTC) and JSON.

    A retry has no `facts`.
    """

    arrived_at: datetime
    body: bytes
    facts: tuple[Fact, ...] = ()
    is_call: bool = False


@dataclass(frozen=True, slots=True)
class Outage:
    """A night without ingestion; times in Unix seconds.

    Updates sent between `closed_at` and `opened_at` wait. Telegram delivers them in order,
    together with newer ones, from `opened_at` to `caught_up`.
    """

    closed_at: float
    opened_at: float
    caught_up: float

    def arrival(self, sent: float) -> float:
        """Return the time of arrival; the order of sending is kept."""
        if not self.closed_at <= sent < self.caught_up:
            return sent
        done = (sent - self.closed_at) / (self.caught_up - self.closed_at)
        return self.opened_at + done * (self.caught_up - self.opened_at)


def outages(start: date, days: int, zone: ZoneInfo) -> list[Outage]:
    """Return the outages of the sample: from late in the evening into the night."""
    evenings = [start + timedelta(days=index) for index in range(FIRST_OUTAGE, days, OUTAGE_EVERY)]
    return [_outage(evening, evening + timedelta(days=1), zone) for evening in evenings]


def _outage(evening: date, morning: date, zone: ZoneInfo) -> Outage:
    closed_at, opened_at = (
        instant(evening, 21, zone, minute=40),
        instant(morning, 3, zone, minute=10),
    )
    return Outage(closed_at, opened_at, caught_up=opened_at + 900)


@dataclass(frozen=True, slots=True)
class Sent:
    """An update in transit: when it was sent, in Unix seconds, and its body. Or a bot's call."""

    at: float
    body: bytes
    facts: tuple[Fact, ...] = ()
    late_call: bool = False
    is_call: bool = False


def deliver(
    sent: Iterable[Sent], closed: list[Outage], rng: SeededRandom
) -> Iterator[SampleDelivery]:
    """Yield the deliveries of the updates and calls, including retries, by time of arrival.

    The bot's calls wait during an outage as well: the proxy keeps them on its disk.
    """
    retries: list[tuple[float, bytes, bool]] = []
    ahead = iter(closed)
    outage, before = next(ahead, None), 0.0
    for update in sent:
        arrival = update.at + rng.soon(*TRANSIT)
        while outage is not None and arrival >= outage.caught_up:
            outage = next(ahead, None)
        before = max(before, outage.arrival(arrival) if outage else arrival)
        while retries and retries[0][0] <= before:
            yield _retry(*heappop(retries))
        at = datetime.fromtimestamp(before, UTC)
        yield SampleDelivery(at, update.body, update.facts, update.is_call)
        for again in _retries(before, rng, late_call=update.late_call):
            if outage is None or not outage.closed_at <= again < outage.opened_at:
                heappush(retries, (again, update.body, update.is_call))
    while retries:
        yield _retry(*heappop(retries))


def _retries(first: float, rng: SeededRandom, *, late_call: bool) -> list[float]:
    if late_call:
        return [first + rng.soon(*LATE_RETRY_AFTER)]
    if not rng.happens(RETRIED):
        return []
    times = 2 if rng.happens(RETRIED_TWICE) else 1
    return [first + rng.soon(*RETRY_AFTER) for _ in range(times)]


def _retry(arrival: float, body: bytes, is_call: bool) -> SampleDelivery:  # noqa: FBT001
    return SampleDelivery(datetime.fromtimestamp(arrival, UTC), body, is_call=is_call)
