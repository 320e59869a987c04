"""Bodies into the landing zone: named by the landing contract, put where nothing is yet."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from itertools import islice
from typing import Final

from obstore.store import ObjectStore

from lambda_ingest.landing import Landed, Rejected, Sender, batch, land
from tg_pipeline.lake.store import put_new

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


@dataclass(frozen=True, slots=True)
class Door:
    """What a door knows of all that comes through it."""

    landing: ObjectStore
    bot_id: int
    zone: tzinfo
    sender: Sender


@dataclass(slots=True)
class Tally:
    """What became of the bodies so far."""

    landed: int = 0
    already_there: int = 0
    rejected: int = 0
    first_rejection: str | None = None
    days: Counter[date] = field(default_factory=Counter)
    """Updates by their day, whether they landed now or before."""

    @property
    def seen(self) -> int:
        """Give the number of bodies."""
        return self.landed + self.already_there + self.rejected

    def count(self, outcome: "Outcome") -> None:
        """Add one."""
        if isinstance(outcome.what, Rejected):
            self.rejected += 1
            self.first_rejection = (
                self.first_rejection or f"{outcome.origin}: {outcome.what.reason}"
            )
            return
        self.landed += outcome.is_new
        self.already_there += not outcome.is_new
        self.days[outcome.what.day] += 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the contract made of a body, and whether it was new to the landing zone."""

    what: Landed | Rejected
    is_new: bool
    origin: str


def deliver(door: Door, arrivals: Iterable[Arrival]) -> Iterator[Outcome]:
    """Put each arrival under its own key; give the outcomes in order, as they are durable."""
    remaining = iter(arrivals)
    with ThreadPoolExecutor(THREADS) as pool:
        under_way: deque[Future[list[Outcome]]] = deque()
        while group := list(islice(remaining, GROUP)):
            under_way.append(pool.submit(_put_each, door, group))
            if len(under_way) > THREADS:
                yield from under_way.popleft().result()
        while under_way:
            yield from under_way.popleft().result()


def deliver_batches(door: Door, arrivals: Iterable[Arrival], size: int) -> Iterator[Outcome]:
    """Put the arrivals as `.ndjson.gz` objects of up to `size` updates of one day each."""
    held: dict[date, list[Outcome]] = {}
    for arrival in arrivals:
        outcome = _name(door, arrival)
        if isinstance(outcome.what, Rejected):
            put_new(door.landing, outcome.what.key, outcome.what.body)
            yield outcome
            continue
        day = held.setdefault(outcome.what.day, [])
        day.append(outcome)
        if len(day) == size:
            yield from _put_batch(door, held.pop(outcome.what.day))
    for rest in held.values():
        yield from _put_batch(door, rest)


def _put_each(door: Door, arrivals: list[Arrival]) -> list[Outcome]:
    named = [_name(door, arrival) for arrival in arrivals]
    return [
        Outcome(
            outcome.what, put_new(door.landing, outcome.what.key, outcome.what.body), outcome.origin
        )
        for outcome in named
    ]


def _put_batch(door: Door, outcomes: list[Outcome]) -> Iterator[Outcome]:
    landed = [outcome.what for outcome in outcomes if isinstance(outcome.what, Landed)]
    key, body = batch([each.body for each in landed], bot_id=door.bot_id, day=landed[0].day)
    is_new = put_new(door.landing, key, body)
    for outcome in outcomes:
        yield Outcome(outcome.what, is_new, outcome.origin)


def _name(door: Door, arrival: Arrival) -> Outcome:
    what = land(
        arrival.body,
        bot_id=door.bot_id,
        arrived_at=arrival.arrived_at,
        zone=door.zone,
        sender=door.sender,
    )
    return Outcome(what, is_new=False, origin=arrival.origin)
