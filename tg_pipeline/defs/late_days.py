"""Which days are to be built, as both forms of the sensor find them out: from the tables."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

import dagster as dg
from obstore.store import ObjectStore

from lambda_ingest.landing import MAX_AGE
from tg_pipeline.builds.day_state import ONE_DAY, DayState, day_states, days_to_build
from tg_pipeline.builds.due import last_due_day
from tg_pipeline.builds.mart_state import days_without_marts
from tg_pipeline.defs.partitions import SETTINGS, runs_of, span_tags
from tg_pipeline.lake.lake import Lake
from tg_pipeline.lake.landing_zone import iter_days, list_days
from tg_pipeline.layers.raw_updates import RAW_UPDATES

WATCHED_DAYS: Final = MAX_AGE.days + 1
"""Nothing from the network lands on an older day; what a person lands late, a person has built."""

AFTER_THE_TICK: Final = timedelta(hours=1)
"""The nightly run comes first; this looks at what it left, or left out."""

ATTEMPTS: Final = 5
"""Runs asked for one and the same state of things: what fails five times needs a person."""

Span = tuple[date, date]
"""A first and a last day, both included."""


class Attempt(NamedTuple):
    """How often one and the same state of the days has been asked for."""

    key: str
    number: int

    def as_cursor(self) -> str:
        """Give it as a sensor keeps it."""
        return f"{self.number} {self.key}"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the landing zone and the lake came upon."""

    days: int
    """How many were looked at."""
    due: frozenset[date]
    """Those that a build would change."""
    spans: list[Span]
    """The runs that would build them, without those that would go side by side."""
    attempt: Attempt

    @property
    def requests(self) -> list[dg.RunRequest]:
        """Give the runs to ask for."""
        if self.skip_reason:
            return []
        return [dg.RunRequest(tags=span_tags(*span)) for span in self.spans]

    @property
    def asked(self) -> frozenset[date]:
        """Give the days of the spans, whose runs are asked for now, or were so often enough."""
        return frozenset(day for span in self.spans for day in iter_days(*span))

    @property
    def skip_reason(self) -> str | None:
        """Say why there is nothing to ask for; None where there is something."""
        if not self.spans:
            return f"Nothing new on the {self.days} days looked at."
        if self.attempt.number > ATTEMPTS:
            return f"{ATTEMPTS} runs of the same days failed; see what they say."
        return None


def look_for(
    landing: ObjectStore, lake: Lake, now: datetime, touched: Collection[date], last_attempt: str
) -> Look:
    """Look for days that a build would change, also among older ones that are known `touched`.

    `last_attempt` is the text of the Attempt that was asked for last.
    """
    days = days_to_look_at(landing, lake, now, touched)
    states = day_states(landing, lake, days)
    due = {*days_to_build(states), *days_without_marts(lake, days)}
    spans = apart(runs_of(due))
    return Look(len(days), frozenset(due), spans, _attempt(last_attempt, states, spans))


def days_to_look_at(
    landing: ObjectStore, lake: Lake, now: datetime, touched: Collection[date]
) -> list[date]:
    """Give the watched days, older ones that were missed, and older ones known to be `touched`."""
    watched = watched_days(now)
    if not watched:
        return []
    built = set(lake.days(RAW_UPDATES.name))
    missed = {day for day in list_days(landing) if day not in built}
    older = {day for day in missed | set(touched) if SETTINGS.start_date <= day < watched[0]}
    # The repeats on the day behind are decided by both.
    behind = {day + ONE_DAY for day in older if day + ONE_DAY < watched[0]}
    return [*sorted(older | behind), *watched]


def watched_days(now: datetime) -> list[date]:
    """Give the days that are due for an hour, and young enough to change by themselves."""
    last = last_due_day(now, SETTINGS.zone, AFTER_THE_TICK)
    first = max(last - timedelta(days=WATCHED_DAYS - 1), SETTINGS.start_date)
    return list(iter_days(first, last))


def apart(spans: list[Span]) -> list[Span]:
    """Give the spans without those that begin where the one before ends; they come next time."""
    kept: list[Span] = []
    for first, last in spans:
        if not kept or first - kept[-1][1] > ONE_DAY:
            kept.append((first, last))
    return kept


def _attempt(last: str, states: list[DayState], spans: list[Span]) -> Attempt:
    asked = {day for span in spans for day in iter_days(*span)}
    key = ",".join(f"{state.day}={state.listing}" for state in states if state.day in asked)
    number, _, before = (last or "0 ").partition(" ")
    return Attempt(key, int(number) + 1 if before == key else 1)
