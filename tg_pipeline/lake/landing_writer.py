"""Bodies into the landing zone: named by the landing contract, put where nothing is yet."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import Final

from lambda_ingest.landing import Landed, Rejected, batch
from lambda_ingest.store import put_new
from lambda_ingest.writer import Door, Fate, Taken
from tg_pipeline.lake.errors import one_sentence
from tg_pipeline.lake.object_store import again

GROUP: Final = 64
"""Bodies that one task puts."""

THREADS: Final = 16
"""Puts under way: a bucket takes some 30 ms for each."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A body that reached a door, when (aware), and where it is from, for people."""

    body: bytes
    arrived_at: datetime
    origin: str


@dataclass(slots=True)
class Tally:
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

    def count(self, outcome: "Outcome") -> None:
        """Add one."""
        what, fate = outcome.taken.what, outcome.taken.fate
        self.landed += fate is Fate.LANDED
        self.already_there += fate is Fate.DUPLICATE
        self.filtered += fate is Fate.FILTERED
        if isinstance(what, Rejected):
            self.rejected += 1
            self.first_rejection = self.first_rejection or f"{outcome.origin}: {what.reason}"
        elif fate is not Fate.FILTERED:
            self.days[what.day] += 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a body, and where it was from."""

    taken: Taken
    origin: str


def deliver(door: Door, arrivals: Iterable[Arrival], group_size: int = GROUP) -> Iterator[Outcome]:
    """Put each arrival under its own key; give the outcomes in order, as they are durable.

    Arrivals that wait for each other, such as those of chats that a filter follows to their new
    ids, are not for this: it takes groups of them at a time.
    """
    remaining = iter(arrivals)
    with ThreadPoolExecutor(THREADS) as pool:
        under_way: deque[Future[list[Outcome]]] = deque()
        while group := list(islice(remaining, group_size)):
            under_way.append(pool.submit(_put_each, door, group))
            if len(under_way) > THREADS:
                yield from under_way.popleft().result()
        while under_way:
            yield from under_way.popleft().result()


def deliver_batches(door: Door, arrivals: Iterable[Arrival], size: int) -> Iterator[Outcome]:
    """Put the arrivals as `.ndjson.gz` objects of up to `size` updates of one day each."""
    held: dict[date, list[Outcome]] = {}
    for arrival in arrivals:
        outcome = Outcome(door.name(arrival.body, arrival.arrived_at), arrival.origin)
        if outcome.taken.fate is not Fate.LANDED:
            yield put_one(door, arrival)
            continue
        day = held.setdefault(outcome.taken.what.day, [])
        day.append(outcome)
        if len(day) == size:
            yield from _put_batch(door, held.pop(outcome.taken.what.day))
    for rest in held.values():
        yield from _put_batch(door, rest)


def put_one(door: Door, arrival: Arrival) -> Outcome:
    """Put a body under its own key; raises StoreError, or what a disk raises.

    A put that may or may not have come through is made again: the first stands in any case.
    """
    with one_sentence(door.landing):
        taken = again(lambda: door.take(arrival.body, arrival.arrived_at))
    return Outcome(taken, arrival.origin)


def _put_each(door: Door, arrivals: list[Arrival]) -> list[Outcome]:
    return [put_one(door, each) for each in arrivals]


def _put_batch(door: Door, outcomes: list[Outcome]) -> Iterator[Outcome]:
    landed = [each.taken.what for each in outcomes if isinstance(each.taken.what, Landed)]
    key, body = batch([each.body for each in landed], bot_id=door.bot_id, day=landed[0].day)
    with one_sentence(door.landing):
        is_new = again(lambda: put_new(door.landing, key, body))
    fate = Fate.LANDED if is_new else Fate.DUPLICATE
    for each in outcomes:
        yield Outcome(replace(each.taken, fate=fate), each.origin)
