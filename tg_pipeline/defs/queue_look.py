"""What the messages of the events queue come to: runs to ask for, and what to remember of them.

docs/decisions/0008-when-a-message-is-deleted.md says why it is done so.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import dagster as dg

from tg_pipeline.builds.staleness import last_scheduled_day
from tg_pipeline.defs.late_days import AFTER_THE_TICK, Look
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.schedules import daily_request
from tg_pipeline.defs.tried_days import TriedDays
from tg_pipeline.events.memory import Memory
from tg_pipeline.events.messages import ScheduleEvent
from tg_pipeline.events.queue import PendingMessage

LookAtTables = Callable[[frozenset[date], TriedDays], Look]
"""Looks at the tables, with days that are known to be touched, and those asked for before."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What messages come to."""

    memory: Memory
    requests: list[dg.RunRequest] = field(default_factory=list)
    spent: list[PendingMessage] = field(default_factory=list)
    """Messages that ask for nothing that is not done, or asked for already."""
    look: Look | None = None
    """At the tables, where there was one."""


def decide(
    kept: list[PendingMessage],
    memory: Memory,
    now: datetime,
    is_asked: Callable[[date], bool],
    unneeded: frozenset[date],
) -> Decision:
    """Remember the days that messages are kept for; ask for a nightly run where its tick came.

    `is_asked` says whether the nightly run of a day stands in Dagster's history already. The tick
    of an older night, come late, is one more reason to look at its day, and like others of its day
    it goes where the day is one of those `unneeded`.
    """
    ticks = {event.day for _, event in kept if isinstance(event, ScheduleEvent)}
    unanswered = {day for day in ticks if not is_asked(day)}
    nightly = {day for day in unanswered if day >= last_scheduled_day(now, SETTINGS.zone)}
    landed = {event.day for _, event in kept if not isinstance(event, ScheduleEvent)}
    over = {day for day in landed if _is_over(day, now)}
    remembered = Memory(
        recorded=memory.recorded | (landed - over) | nightly,
        waiting=(memory.waiting | over | unanswered) - nightly,
        attempt=memory.attempt,
    )
    return Decision(
        _since(memory.since or now, remembered, now),
        [daily_request(day) for day in sorted(nightly)],
        [each for each in kept if _is_answered(each, unanswered - (unneeded - nightly))],
    )


def look_into(
    kept: list[PendingMessage], memory: Memory, now: datetime, look_at_tables: LookAtTables
) -> Decision:
    """Look at the tables, and ask for what is due there.

    What needs no build needs no message; what is asked for is recorded along with the memory.
    """
    owed = _owed(memory, now)
    look = look_at_tables(owed, TriedDays.read(memory.attempt))
    settled, asked = owed - look.plan.due, frozenset(look.plan.tried.days)
    remembered = Memory(
        recorded=(memory.recorded - settled) | asked,
        waiting=memory.waiting - settled - asked,
        attempt=look.plan.tried.as_cursor(),
    )
    spent = [each for each in kept if each.event.day in settled]
    return Decision(_since(now, remembered, now), look.requests, spent, look)


def _since(since: datetime, memory: Memory, now: datetime) -> Memory:
    """Note since when there are days to be looked at, if there are any."""
    return replace(memory, since=since if _owed(memory, now) else None)


def _owed(memory: Memory, now: datetime) -> frozenset[date]:
    """Give the days to be looked at: those that wait, and those asked for: runs may fail."""
    return memory.waiting | {day for day in memory.recorded if _is_over(day, now)}


def _is_over(day: date, now: datetime) -> bool:
    """Say whether a day is one that late landings are built for."""
    return day <= last_scheduled_day(now, SETTINGS.zone, AFTER_THE_TICK)


def _is_answered(kept: PendingMessage, unanswered: set[date]) -> bool:
    return isinstance(kept.event, ScheduleEvent) and kept.event.day not in unanswered
