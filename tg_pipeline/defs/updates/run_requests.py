"""Which runs a sensor requests for stale days: each state of a day once, failed days alone.

Days are requested together, in ranges, until a run of theirs fails; then each is requested alone,
so that a broken day blocks no other. A state that failed alone as well is given up.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

import dagster as dg
import msgspec

from tg_pipeline.builds.staleness import days_after
from tg_pipeline.defs.partitions import dates_of_tags, group_into_ranges, range_tags

REQUESTS_PER_TICK: Final = 12
"""Runs: a first start with ten years of landed days takes a month range each, ten ticks in all."""

MAX_GIVEN_UP: Final = 40
"""Days. If so many can't be built, the cause is not in the days: no more are requested alone."""

NAMED_DAYS: Final = 5
"""Days that a skip reason names; it counts the others."""

RETRY_TAGS: Final = {
    "dagster/max_retries": "2",
    "dagster/retry_on_asset_or_op_failure": "true",
}
"""A state is requested once, so its run must outlast a short outage of a bucket."""

UNFINISHED: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

DayRange = tuple[date, date]
"""A first and a last day, both included."""


class StaleDay(NamedTuple):
    """A day that a build would change."""

    day: date
    fingerprint: str
    """Of the landed objects, and of what the day's partitions were built from."""
    is_stale: bool = True
    """False if only the rebuild of an earlier day will make it stale."""


class RequestedState(msgspec.Struct, frozen=True, array_like=True):
    """The state of a day that a run was last requested for."""

    fingerprint: str
    alone: bool
    """Whether the run was for this day only."""


RequestedStates = dict[date, RequestedState]
"""The stale days that runs were requested for, as a sensor's cursor keeps them."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The runs to request now, and what to remember of them."""

    stale: frozenset[date]
    """All days that a build would change, now or once an earlier day is rebuilt."""
    ranges: list[DayRange]
    requested: RequestedStates
    busy: list[date]
    """Stale days that an unfinished run builds."""
    given_up: list[date]
    """Days whose current state was requested alone, and is still stale."""

    def requests(self, previous_scan: datetime | None) -> list[dg.RunRequest]:
        """Return the requests.

        The run key holds the days, their state and the time of the previous scan that was recorded:
        an evaluation that is repeated because its cursor was never recorded requests nothing twice,
        and a state that comes back (a lake deleted and to be rebuilt) is requested again.
        """
        since = f"{previous_scan:%Y%m%dT%H%M%S}" if previous_scan else "first"
        return [
            dg.RunRequest(
                run_key=f"late:{first}:{last}:{self._fingerprint(first, last)}:{since}",
                tags={**range_tags(first, last), **RETRY_TAGS},
            )
            for first, last in self.ranges
        ]

    def _fingerprint(self, first: date, last: date) -> str:
        days = [day for day in sorted(self.requested) if first <= day <= last]
        states = " ".join(self.requested[day].fingerprint for day in days)
        return hashlib.sha256(states.encode()).hexdigest()[:16]

    @property
    def skip_reason(self) -> str | None:
        """Why nothing is requested, and what to do about days that are given up."""
        parts = []
        if self.busy:
            parts.append(f"Unfinished runs build {_named(self.busy)}.")
        if self.given_up:
            parts.append(
                f"The runs of {_named(self.given_up)} failed, and nothing has changed since. Fix "
                "what they failed at, then build the day: tg-pipeline run --date "
                f"{self.given_up[0]}, or materialize its partition in the UI."
            )
        return " ".join(parts) or None


def plan_runs(
    stale: Sequence[StaleDay], requested: Mapping[date, RequestedState], busy: Collection[date]
) -> RunPlan:
    """Return the runs to request for `stale` days, given the states that were `requested` before.

    Days that are `busy`, because an unfinished run builds them, are left to that run.
    """
    free = [each for each in stale if each.day not in busy]
    new = _new_states(free, requested)
    repeated = [each for each in free if each.is_stale and _is_requested(each, requested)]
    given_up = [each.day for each in repeated if requested[each.day].alone]
    alone = [each.day for each in repeated if not requested[each.day].alone]

    due = {each.day for each in free if each.is_stale}
    grouped = [each for each in group_into_ranges(new) if any(_is_in(day, [each]) for day in due)]
    together = grouped[:REQUESTS_PER_TICK]
    room = min(REQUESTS_PER_TICK - len(together), max(MAX_GIVEN_UP - len(given_up), 0))
    ranges = [*together, *((day, day) for day in alone[:room])]

    days = {each.day for each in stale}
    kept = {day: state for day, state in requested.items() if day in days}
    made = {
        each.day: RequestedState(each.fingerprint, (each.day, each.day) in ranges)
        for each in free
        if _is_in(each.day, ranges)
    }
    return RunPlan(
        frozenset(days), ranges, kept | made, sorted(days.intersection(busy)), sorted(given_up)
    )


def days_of_unfinished_runs(instance: dg.DagsterInstance) -> frozenset[date]:
    """Return the days of all runs that are queued or running, by any user or automation.

    A run whose process is gone counts until run monitoring ends it (`max_runtime_seconds`).
    """
    runs = instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))
    return frozenset(day for run in runs for day in dates_of_tags(run.tags))


def _new_states(
    free: Sequence[StaleDay], requested: Mapping[date, RequestedState]
) -> frozenset[date]:
    """Return the due days in a state that was not requested, each with the days made from it."""
    due = {each.day for each in free if each.is_stale and not _is_requested(each, requested)}
    affected = {after for day in due for after in days_after(day)}
    following = {each.day for each in free if not each.is_stale and each.day in affected}
    return frozenset(due | following)


def _is_requested(each: StaleDay, requested: Mapping[date, RequestedState]) -> bool:
    state = requested.get(each.day)
    return state is not None and state.fingerprint == each.fingerprint


def _is_in(day: date, ranges: Collection[DayRange]) -> bool:
    return any(first <= day <= last for first, last in ranges)


def _named(days: Sequence[date]) -> str:
    names = ", ".join(map(str, days[:NAMED_DAYS]))
    others = len(days) - NAMED_DAYS
    return f"{names} and {others} more days" if others > 0 else names
