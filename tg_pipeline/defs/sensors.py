"""Late and changed days: what lands after a day was built is built too."""

from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

import dagster as dg
from obstore.store import ObjectStore

from lambda_ingest.landing import MAX_AGE
from tg_pipeline.builds.day_state import DayState, day_states, days_to_build
from tg_pipeline.builds.mart_state import days_without_marts
from tg_pipeline.defs.partitions import SETTINGS, runs_of, span_tags
from tg_pipeline.defs.resources import ClockResource, LakeResource, LandingResource
from tg_pipeline.defs.schedules import last_due_day, updates_job
from tg_pipeline.lake.lake import Lake
from tg_pipeline.lake.landing_zone import iter_days, list_days
from tg_pipeline.layers.raw_updates import RAW_UPDATES

WATCHED_DAYS: Final = MAX_AGE.days + 1
"""Nothing from the network lands on an older day; what a person lands late, a person has built."""

AFTER_THE_TICK: Final = timedelta(hours=1)
"""The nightly run comes first; this looks at what it left, or left out."""

UNFINISHED: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

LOOK_EVERY: Final = 300
"""Seconds. A look lists the watched days, and a bucket charges for listings."""

ATTEMPTS: Final = 5
"""Runs asked for one and the same state of things: what fails five times needs a person."""


@dg.sensor(
    job=updates_job,
    minimum_interval_seconds=LOOK_EVERY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Builds days on which something landed late, and days that were missed.",
)
def late_updates_sensor(
    context: dg.SensorEvaluationContext,
    landing: LandingResource,
    lake: LakeResource,
    clock: ClockResource,
) -> dg.SensorResult | dg.SkipReason:
    """Ask for the days that are not built from what stands above them, a run a span.

    Only while nothing runs, and no two spans side by side: runs of neighbouring days would not
    see each other's rows.
    """
    if context.instance.get_runs_count(dg.RunsFilter(statuses=UNFINISHED)):
        return dg.SkipReason("A run is under way; this looks again after it.")
    store, tables = landing.store(), lake.lake()
    days = watched_and_missed(store, tables, watched_days(clock.now()))
    states = day_states(store, tables, days)
    spans = apart(runs_of([*days_to_build(states), *days_without_marts(tables, days)]))
    attempt = _attempt(context.cursor, states, spans)
    if not spans:
        return dg.SkipReason(f"Nothing new on the {len(states)} days looked at.")
    if attempt.number > ATTEMPTS:
        return dg.SkipReason(f"{ATTEMPTS} runs of the same days failed; see what they say.")
    return dg.SensorResult(
        run_requests=[dg.RunRequest(tags=span_tags(*span)) for span in spans],
        cursor=attempt.as_cursor(),
    )


def watched_days(now: datetime) -> list[date]:
    """Give the days to look at: due for an hour, and young enough to change by themselves."""
    last = last_due_day(now, SETTINGS.zone, AFTER_THE_TICK)
    first = max(last - timedelta(days=WATCHED_DAYS - 1), SETTINGS.start_date)
    return list(iter_days(first, last))


def watched_and_missed(landing: ObjectStore, lake: Lake, watched: list[date]) -> list[date]:
    """Give the watched days, and older ones that landed while nothing ran to build them."""
    if not watched:
        return []
    built = set(lake.days(RAW_UPDATES.name))
    older = (day for day in list_days(landing) if SETTINGS.start_date <= day < watched[0])
    return [*(day for day in older if day not in built), *watched]


def apart(spans: list[tuple[date, date]]) -> list[tuple[date, date]]:
    """Give the spans without those that begin where the one before ends; they come next time."""
    kept: list[tuple[date, date]] = []
    for first, last in spans:
        if not kept or first - kept[-1][1] > timedelta(days=1):
            kept.append((first, last))
    return kept


class Attempt(NamedTuple):
    """How often one and the same state of the days has been asked for."""

    key: str
    number: int

    def as_cursor(self) -> str:
        """Give it as the sensor keeps it."""
        return f"{self.number} {self.key}"


def _attempt(cursor: str | None, states: list[DayState], spans: list[tuple[date, date]]) -> Attempt:
    asked = {day for span in spans for day in iter_days(*span)}
    key = ",".join(f"{state.day}={state.listing}" for state in states if state.day in asked)
    number, _, before = (cursor or "0 ").partition(" ")
    return Attempt(key, int(number) + 1 if before == key else 1)


defs = dg.Definitions(sensors=[late_updates_sensor])
