"""A turn at the events queue: take what is there, decide, and now and then look at the tables."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from obstore.store import ObjectStore

from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.queue_judge import Judge
from tg_pipeline.defs.queue_look import Decision, LookAtTables, decide, look_into
from tg_pipeline.events.drain import Bounds, Drained, Queue, drain
from tg_pipeline.events.event import LandingAddress
from tg_pipeline.events.memory import Memory

PATIENCE: Final = timedelta(minutes=5)
"""How long messages are gathered before the tables are looked at: a burst is one run, and a bucket
is listed no more often than without a queue."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How the queue is taken from."""

    turn_every: int = 30
    """Seconds: a turn at an empty queue is one request."""
    patience: timedelta = PATIENCE
    bounds: Bounds = field(default_factory=Bounds)


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


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn came to."""

    decision: Decision
    drained: Drained
    unreadable: list[str]
    """Of each message that was set aside: why, and where it is now."""


def take_turn(queue: Queue, memory: Memory, around: Surroundings, pace: Pace) -> Turn:
    """Take messages, and delete those that are not needed; give what to ask for and to remember.

    A turn that is cut off anywhere has deleted nothing that an older memory would still need.
    """
    today = around.now.astimezone(SETTINGS.zone).date()
    judge = Judge(around.address, around.lake, memory.recorded, today)
    drained = drain(queue, judge, pace.bounds)
    decision = decide(drained.kept, memory, around.now, around.is_asked)
    _delete_spent(queue, decision)
    since = decision.memory.since
    if not decision.requests and since and around.now - since >= pace.patience:
        decision = look_into(drained.kept, decision.memory, around.now, around.look_at_tables)
        _delete_spent(queue, decision)
    return Turn(decision, drained, judge.unreadable)


def _delete_spent(queue: Queue, decision: Decision) -> None:
    queue.delete([each.message for each in decision.spent])
