"""Which days are to be built, as both forms of the sensor find them out: from the tables."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import dagster as dg
from obstore.store import ObjectStore

from lambda_ingest.landing import MAX_AGE
from tg_pipeline.builds.marts import days_with_stale_marts
from tg_pipeline.builds.staleness import (
    ONE_DAY,
    DayState,
    day_states,
    last_scheduled_day,
    stale_days,
)
from tg_pipeline.defs.due_runs import Plan, plan
from tg_pipeline.defs.partitions import SETTINGS, span_tags
from tg_pipeline.defs.tried_days import DueDay, TriedDays
from tg_pipeline.lake.landing_zone import iter_days, list_days
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import RAW_UPDATES

WATCHED_DAYS: Final = MAX_AGE.days + 1
"""Nothing from the network lands on an older day; what a person lands late, a person has built."""

AFTER_THE_TICK: Final = timedelta(hours=1)
"""The nightly run comes first; this looks at what it left, or left out."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the landing zone and the lake came upon."""

    days: int
    """How many were looked at."""
    plan: Plan

    @property
    def requests(self) -> list[dg.RunRequest]:
        """Give the runs to ask for."""
        return [dg.RunRequest(tags=span_tags(*span)) for span in self.plan.spans]

    @property
    def skip_reason(self) -> str | None:
        """Say why there is nothing to ask for; None where there is something."""
        if self.plan.spans:
            return None
        if not self.plan.due:
            return f"Nothing new on the {self.days} days looked at."
        first, others = min(self.plan.tried.days), len(self.plan.tried.days) - 1
        named = f"{first} and of {others} other days" if others else f"{first}"
        return f"The runs of {named} failed again and again; see what they say."


def look_for(
    landing: ObjectStore, lake: Lake, now: datetime, touched: Collection[date], tried: TriedDays
) -> Look:
    """Look for days that a build would change, also among older ones that are known `touched`."""
    days = days_to_look_at(landing, lake, now, {*touched, *tried.days})
    states = day_states(landing, lake, days)
    due = {state.day for state in states if state.is_stale} | {
        *days_with_stale_marts(lake, days, SETTINGS.timezone)
    }
    behind = {*stale_days(states)} - due
    return Look(len(days), plan(_only(due, states), _only(behind, states), tried))


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
    last = last_scheduled_day(now, SETTINGS.zone, AFTER_THE_TICK)
    first = max(last - timedelta(days=WATCHED_DAYS - 1), SETTINGS.start_date)
    return list(iter_days(first, last))


def _only(days: Collection[date], states: list[DayState]) -> list[DueDay]:
    chosen = [state for state in states if state.day in days]
    return [DueDay(state.day, state.listing, _built_from(state)) for state in chosen]


def _built_from(state: DayState) -> str | None:
    """Give the listing that the tables down to enriched_updates were built from, if it is one."""
    is_of_one_piece = state.layers[ENRICHED_UPDATES.name].source == state.expected_deduped
    return state.layers[RAW_UPDATES.name].source if is_of_one_piece else None
