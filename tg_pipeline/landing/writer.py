"""Land many updates: one object each, or in batches, named and stored by the landing contract."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import Final

from lambda_ingest.landing import (
    MAX_AGE,
    MAX_LEAD,
    TELEGRAM_LAUNCH,
    ImplausibleDate,
    LandedUpdate,
    RejectedBody,
    TrustLevel,
    build_batch,
)
from lambda_ingest.store import put_if_absent
from lambda_ingest.writer import LandingWriter, WriteResult, WriteStatus
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import retry

GROUP: Final = 64
"""Bodies written by one task."""

THREADS: Final = 16
"""Concurrent puts: a bucket takes some 30 ms for each."""

MAX_HELD: Final = 20_000
"""Updates of incomplete batches, with some kilobytes each: years of history have thousands of days
at the same time."""

MAX_HELD_BYTES: Final = 32 * 1024 * 1024
"""Bytes of these updates."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A body to land, when it arrived (aware), and where it is from, for messages to people."""

    body: bytes
    arrived_at: datetime
    origin: str


@dataclass(frozen=True, slots=True)
class LandResult:
    """The result of landing a body, and where the body is from."""

    taken: WriteResult
    origin: str


@dataclass(slots=True)
class LandingStats:
    """Counts of the bodies by result."""

    landed: int = 0
    already_there: int = 0
    rejected: int = 0
    filtered: int = 0
    suppressed: int = 0
    first_rejection: str | None = None
    privacy_warning: str = ""
    """The last reason why forgotten people were not left out as they should be."""

    implausible_dates: int = 0
    first_implausible_date: ImplausibleDate | None = None

    days: Counter[date] = field(default_factory=Counter)
    """Updates by day, whether they landed now or earlier."""

    @property
    def seen(self) -> int:
        """The number of bodies."""
        stored = self.landed + self.already_there + self.rejected
        return stored + self.filtered + self.suppressed

    def count(self, outcome: LandResult) -> None:
        """Add a result."""
        parsed, status = outcome.taken.parsed, outcome.taken.status
        self.privacy_warning = outcome.taken.privacy_warning or self.privacy_warning
        self.landed += status is WriteStatus.LANDED
        self.already_there += status is WriteStatus.DUPLICATE
        self.filtered += status is WriteStatus.FILTERED
        self.suppressed += status is WriteStatus.SUPPRESSED
        if status is WriteStatus.REJECTED and isinstance(parsed, RejectedBody):
            self.rejected += 1
            self.first_rejection = self.first_rejection or f"{outcome.origin}: {parsed.reason}"
        elif status.is_stored:
            self.days[parsed.day] += 1
            if isinstance(parsed, LandedUpdate) and parsed.implausible_date:
                self.implausible_dates += 1
                self.first_implausible_date = self.first_implausible_date or parsed.implausible_date

    def describe_dates(self, trust: TrustLevel) -> str:
        """Return a sentence about updates whose dates are not plausible; empty if there are none.

        `trust` says which dates are.
        """
        first, number = self.first_implausible_date, self.implausible_dates
        if first is None:
            return ""
        early = f"more than {MAX_AGE.days} days before"
        if trust is TrustLevel.OPERATOR:
            early = f"before Telegram's launch on {TELEGRAM_LAUNCH}"
        subject = "1 update is" if number == 1 else f"{number:,} updates are"
        return (
            f"{subject} dated {early} or more than {MAX_LEAD.days} day after the arrival: "
            f"check the clock of this machine. {first.describe()}"
        )


def land_all(
    writer: LandingWriter, deliveries: Iterable[Delivery], group_size: int = GROUP
) -> Iterator[LandResult]:
    """Land each body as an object of its own; return the results in order, once durable.

    Groups of bodies are landed concurrently, so this is not for bodies that depend on earlier
    ones, such as those of chats that a filter follows to their new ids. Raises StoreError.
    """
    remaining = iter(deliveries)
    with ThreadPoolExecutor(THREADS) as pool:
        pending: deque[Future[list[LandResult]]] = deque()
        while group := list(islice(remaining, group_size)):
            pending.append(pool.submit(_land_each, writer, group))
            if len(pending) > THREADS:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()


def _land_each(writer: LandingWriter, deliveries: list[Delivery]) -> list[LandResult]:
    return [land_one(writer, delivery) for delivery in deliveries]


def land_one(writer: LandingWriter, delivery: Delivery) -> LandResult:
    """Land a body as an object of its own; raises StoreError, or the file system's errors.

    A put without a response is retried: only the first put of a key has an effect.
    """
    with translate_errors(writer.landing):
        taken = retry(lambda: writer.write(delivery.body, delivery.arrived_at))
    return LandResult(taken, delivery.origin)


def land_batches(
    writer: LandingWriter, deliveries: Iterable[Delivery], size: int
) -> Iterator[LandResult]:
    """Land the bodies as `.ndjson.gz` objects of up to `size` updates of one day each.

    A batch is also complete, with all others, when too many updates are held: then memory is
    bounded, and the same bodies give the same batches. Bodies that are rejected or filtered are
    handled one by one. Raises StoreError.
    """
    by_day: dict[date, list[tuple[Delivery, WriteResult]]] = {}
    held = held_bytes = 0
    for delivery in deliveries:
        classified = writer.classify(delivery.body, delivery.arrived_at)
        if classified.status is not WriteStatus.LANDED:
            yield land_one(writer, delivery)
            continue
        day = classified.parsed.day
        by_day.setdefault(day, []).append((delivery, classified))
        held, held_bytes = held + 1, held_bytes + len(delivery.body)
        if len(by_day[day]) == size:
            batch = by_day.pop(day)
            held, held_bytes = held - size, held_bytes - sum(len(each.body) for each, _ in batch)
            yield from _land_batch(writer, day, batch)
        elif held >= MAX_HELD or held_bytes >= MAX_HELD_BYTES:
            yield from _land_held(writer, by_day)
            held = held_bytes = 0
    yield from _land_held(writer, by_day)


def _land_held(
    writer: LandingWriter, by_day: dict[date, list[tuple[Delivery, WriteResult]]]
) -> Iterator[LandResult]:
    while by_day:
        day = next(iter(by_day))
        yield from _land_batch(writer, day, by_day.pop(day))


def _land_batch(
    writer: LandingWriter, day: date, updates: list[tuple[Delivery, WriteResult]]
) -> Iterator[LandResult]:
    """Land updates of a day as one object, which arrived when the last of them did."""
    key, body = build_batch(
        [classified.parsed.body for _, classified in updates], bot_id=writer.bot_id, day=day
    )
    arrived_at = max(delivery.arrived_at for delivery, _ in updates)
    with translate_errors(writer.landing):
        is_new = retry(lambda: put_if_absent(writer.landing, key, body, arrived_at))
    status = WriteStatus.LANDED if is_new else WriteStatus.DUPLICATE
    for delivery, classified in updates:
        yield LandResult(replace(classified, status=status), delivery.origin)
