"""Bodies into the landing zone: named by the landing contract, put where nothing is yet."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import Final

from lambda_ingest.landing import LandedUpdate, RejectedBody, build_batch
from lambda_ingest.store import put_if_absent
from lambda_ingest.writer import LandingWriter, WriteResult, WriteStatus
from tg_pipeline.lake.errors import translate_errors
from tg_pipeline.lake.object_store import retry

GROUP: Final = 64
"""Bodies that one task puts."""

THREADS: Final = 16
"""Puts under way: a bucket takes some 30 ms for each."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A body that reached a door, when (aware), and where it is from, for people."""

    body: bytes
    arrived_at: datetime
    origin: str


@dataclass(slots=True)
class LandingStats:
    """What became of the bodies so far."""

    landed: int = 0
    already_there: int = 0
    rejected: int = 0
    filtered: int = 0
    first_rejection: str | None = None
    days: Counter[date] = field(default_factory=Counter)
    """Updates by their day, whether they landed now or before."""

    @property
    def seen(self) -> int:
        """Give the number of bodies."""
        return self.landed + self.already_there + self.rejected + self.filtered

    def count(self, outcome: "LandResult") -> None:
        """Add one."""
        parsed, status = outcome.taken.parsed, outcome.taken.status
        self.landed += status is WriteStatus.LANDED
        self.already_there += status is WriteStatus.DUPLICATE
        self.filtered += status is WriteStatus.FILTERED
        if isinstance(parsed, RejectedBody):
            self.rejected += 1
            self.first_rejection = self.first_rejection or f"{outcome.origin}: {parsed.reason}"
        elif status is not WriteStatus.FILTERED:
            self.days[parsed.day] += 1


@dataclass(frozen=True, slots=True)
class LandResult:
    """What became of a body, and where it was from."""

    taken: WriteResult
    origin: str


def land_all(
    door: LandingWriter, arrivals: Iterable[Delivery], group_size: int = GROUP
) -> Iterator[LandResult]:
    """Put each arrival under its own key; give the outcomes in order, as they are durable.

    Arrivals that wait for each other, such as those of chats that a filter follows to their new
    ids, are not for this: it takes groups of them at a time.
    """
    remaining = iter(arrivals)
    with ThreadPoolExecutor(THREADS) as pool:
        under_way: deque[Future[list[LandResult]]] = deque()
        while group := list(islice(remaining, group_size)):
            under_way.append(pool.submit(_put_each, door, group))
            if len(under_way) > THREADS:
                yield from under_way.popleft().result()
        while under_way:
            yield from under_way.popleft().result()


def land_batches(
    door: LandingWriter, arrivals: Iterable[Delivery], size: int
) -> Iterator[LandResult]:
    """Put the arrivals as `.ndjson.gz` objects of up to `size` updates of one day each."""
    held: dict[date, list[LandResult]] = {}
    for arrival in arrivals:
        outcome = LandResult(door.classify(arrival.body, arrival.arrived_at), arrival.origin)
        if outcome.taken.status is not WriteStatus.LANDED:
            yield put_one(door, arrival)
            continue
        day = held.setdefault(outcome.taken.parsed.day, [])
        day.append(outcome)
        if len(day) == size:
            yield from _put_batch(door, held.pop(outcome.taken.parsed.day))
    for rest in held.values():
        yield from _put_batch(door, rest)


def put_one(door: LandingWriter, arrival: Delivery) -> LandResult:
    """Put a body under its own key; raises StoreError, or what a disk raises.

    A put that may or may not have come through is made again: the first stands in any case.
    """
    with translate_errors(door.landing):
        taken = retry(lambda: door.write(arrival.body, arrival.arrived_at))
    return LandResult(taken, arrival.origin)


def _put_each(door: LandingWriter, arrivals: list[Delivery]) -> list[LandResult]:
    return [put_one(door, each) for each in arrivals]


def _put_batch(door: LandingWriter, outcomes: list[LandResult]) -> Iterator[LandResult]:
    landed = [each.taken.parsed for each in outcomes if isinstance(each.taken.parsed, LandedUpdate)]
    key, body = build_batch([each.body for each in landed], bot_id=door.bot_id, day=landed[0].day)
    with translate_errors(door.landing):
        is_new = retry(lambda: put_if_absent(door.landing, key, body))
    status = WriteStatus.LANDED if is_new else WriteStatus.DUPLICATE
    for each in outcomes:
        yield LandResult(replace(each.taken, status=status), each.origin)
