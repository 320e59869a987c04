"""A turn at the events queue: take what is there, decide, and now and then look at the tables."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from obstore.store import ObjectStore

from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.queue_judge import Judge
from tg_pipeline.defs.queue_look import Decision, LookAtTables, decide, look_into
from tg_pipeline.events.memory import Memory
from tg_pipeline.events.messages import LandingAddress
from tg_pipeline.events.queue import DrainLimits, PollResult, Queue, drain

PATIENCE: Final = timedelta(minutes=5)
"""How long messages are gathered before the tables are looked at: a burst is one run, and a bucket
is listed no more often than without a queue."""

MOST_HELD: Final = timedelta(minutes=10)
"""How long messages are kept for a run under way: the third time that they are lent. A queue gives
up what is lent five times, and a backfill may last for days."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How the queue is taken from."""

    turn_every: int = 30
    """Seconds: a turn at an empty queue is one request."""
    patience: timedelta = PATIENCE
    bounds: DrainLimits = field(default_factory=DrainLimits)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a turn sees beside the queue."""

    now: datetime
    address: LandingAddress
    lake: ObjectStore
    """Where messages that can't be read are kept."""
    look_at_tables: LookAtTables
    is_asked: Callable[[date], bool]
    """Whether the nightly run of a day stands in Dagster's history."""
    is_busy: bool
    """Whether a run is under way: it may be changing the tables, so they are not looked at."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn came to."""

    decision: Decision
    drained: PollResult
    unreadable: list[str]
    """Of each message that was set aside: why, and where it is now."""


def take_turn(queue: Queue, memory: Memory, around: Surroundings, pace: Pace) -> Turn:
    """Take messages, and delete those that are not needed; give what to ask for and to remember.

    A turn that is cut off anywhere has deleted nothing that an older memory would still need.
    """
    today = around.now.astimezone(SETTINGS.zone).date()
    judge = Judge(around.address, around.lake, _unneeded(memory, around), today)
    drained = drain(queue, judge, pace.bounds)
    decision = decide(drained.pending, memory, around.now, around.is_asked, judge.unneeded)
    _delete_spent(queue, decision)
    if _is_time_to_look(decision, around, pace):
        decision = look_into(drained.pending, decision.memory, around.now, around.look_at_tables)
        _delete_spent(queue, decision)
    return Turn(decision, drained, judge.unreadable)


def _is_time_to_look(decision: Decision, around: Surroundings, pace: Pace) -> bool:
    since = decision.memory.since
    if around.is_busy or decision.requests or since is None:
        return False
    return around.now - since >= pace.patience


def _unneeded(memory: Memory, around: Surroundings) -> frozenset[date]:
    """Give the days whose messages are not needed any more.

    Those asked for; and where a run under way holds up the look at the tables for long, those that
    wait for it: their days stand in a recorded memory, and their messages would be given up.
    """
    is_held = around.is_busy and memory.since and around.now - memory.since >= MOST_HELD
    return memory.recorded | memory.waiting if is_held else memory.recorded


def _delete_spent(queue: Queue, decision: Decision) -> None:
    queue.delete([each.message for each in decision.spent])
