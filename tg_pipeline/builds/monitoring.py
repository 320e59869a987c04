"""`status --json`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from obstore.store import ObjectStore

from lambda_ingest.landing import REJECTED_PREFIX
from tg_pipeline.builds.layers import EMPTY_FINGERPRINT
from tg_pipeline.builds.marts import days_with_stale_marts
from tg_pipeline.builds.staleness import (
    ONE_DAY,
    DayState,
    DayStatus,
    day_states,
    last_scheduled_day,
)
from tg_pipeline.events.dead_letters import count_dead_letters
from tg_pipeline.lake.landing_zone import EPOCH, iter_days, list_days
from tg_pipeline.lake.object_store import list_pages
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline.marts.catalog import DAILY_MARTS

VERSION: Final = 1
"""Of the keys: one more does not change it; one that is gone, or means something else, does."""


@dataclass(frozen=True, slots=True)
class DueDay:
    """The newest day whose nightly run was due."""

    day: date
    verdict: str
    objects: int
    rows: dict[str, int]
    """By table, layers and daily marts; one that was never built is not named."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days looked at, all of them due."""

    looked_at: int
    first: date | None
    last: date | None
    missing: list[date]
    late: list[date]
    without_marts: list[date]
    overdue: list[date]
    """Those that should have been built by now."""
    lag: int
    """From the oldest that is not built to the newest due, both included; 0 where all are."""


@dataclass(frozen=True, slots=True)
class Landing:
    """What landed."""

    last_at: datetime | None
    """When the newest object was written, of those on the days looked at and since."""
    pending_objects: int
    """On the days looked at: landed, and not read yet."""
    open_objects: int
    """On days whose nightly run is still to come."""
    rejected_objects: int
    """Bodies that no door could take for an update."""
    rejected_events: int
    """Messages of the events queue that could not be read."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What was built."""

    last_written_at: datetime | None
    """When a day of enriched_updates was written last."""
    quarantined_rows: int
    """On the days looked at."""


@dataclass(frozen=True, slots=True)
class PipelineStatus:
    """How the pipeline stands."""

    version: int
    at: datetime
    timezone: str
    ok: bool
    """Whether nothing is overdue."""
    due: DueDay | None
    """None before the first day is due."""
    days: Days
    landing: Landing
    tables: Tables


def landing_status(
    landing: ObjectStore, lake: ObjectStore, due: Sequence[DayState], open_days: Sequence[DayState]
) -> Landing:
    """Say what landed on days that are due, and on those whose nightly run is still to come."""
    return Landing(
        last_at=landed_at([*due, *open_days]),
        pending_objects=sum(map(_pending, due)),
        open_objects=sum(state.objects for state in open_days),
        rejected_objects=sum(map(len, list_pages(landing, REJECTED_PREFIX))),
        rejected_events=count_dead_letters(lake),
    )


def landed_at(states: Iterable[DayState]) -> datetime | None:
    """Give when the newest object of the days was written, in UTC; None where there is none."""
    newest = max((_fingerprint(state.listing)[2] for state in states), default=0)
    return EPOCH + timedelta(microseconds=newest) if newest else None


def _pending(state: DayState) -> int:
    """Count the objects that raw_updates was not built from: one at least, if any has changed."""
    if state.is_raw_current or not state.objects:
        return 0
    read = _fingerprint(state.layers[RAW_UPDATES.name].source or EMPTY_FINGERPRINT)[0]
    return max(state.objects - read, 1)


def _fingerprint(listing: str) -> tuple[int, int, int]:
    """Take a fingerprint of a listing apart: objects, bytes, the newest one's microsecond."""
    objects, size, newest = map(int, listing.split(":"))
    return objects, size, newest


DAYS_LOOKED_AT: Final = 31
"""Up to the newest day due; beside them, all before that were never built."""

GRACE: Final = timedelta(hours=2)
"""How long something may stand unbuilt after it landed, and after its nightly run was due."""

Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class MonitorContext:
    """Where to look, and when: `now` must be aware."""

    landing: ObjectStore
    lake: Lake
    now: datetime
    zone: ZoneInfo
    start_date: date

    @property
    def last_due(self) -> date:
        """Give the newest day whose nightly run was due."""
        return last_scheduled_day(self.now, self.zone)

    @property
    def today(self) -> date:
        """Give the local day."""
        return self.now.astimezone(self.zone).date()

    def states(self, days: list[date]) -> list[DayState]:
        """Give the state of each day."""
        return day_states(self.landing, self.lake, days)

    def verdict(self, state: DayState) -> DayStatus:
        """Say what there is to do about a day; it is open until its nightly run was due."""
        return state.verdict(self.last_due + ONE_DAY)


def pipeline_status(look: MonitorContext, span: Span | None = None) -> PipelineStatus:
    """Say how the pipeline stands on the days of a span that are due, or on the last ones.

    Raises StoreError, or what a disk raises.
    """
    states = look.states(_days_to_look_at(look, span))
    first_open = max(look.last_due + ONE_DAY, look.start_date)
    open_days = look.states(list(iter_days(first_open, look.today)))
    days = _days(look, states)
    return PipelineStatus(
        version=VERSION,
        at=look.now.astimezone(UTC),
        timezone=str(look.zone),
        ok=not days.overdue,
        due=_due_day(look),
        days=days,
        landing=landing_status(look.landing, look.lake.store, states, open_days),
        tables=_tables(look, states),
    )


def _days_to_look_at(look: MonitorContext, span: Span | None) -> list[date]:
    if span:
        return list(iter_days(span[0], min(span[1], look.last_due)))
    first = max(look.last_due - (DAYS_LOOKED_AT - 1) * ONE_DAY, look.start_date)
    built = set(look.lake.days(RAW_UPDATES.name))
    before = (day for day in list_days(look.landing) if look.start_date <= day < first)
    return [*(day for day in before if day not in built), *iter_days(first, look.last_due)]


def _days(look: MonitorContext, states: list[DayState]) -> Days:
    missing = [each.day for each in states if look.verdict(each) is DayStatus.MISSING]
    late = [each.day for each in states if look.verdict(each) is DayStatus.LATE]
    without_marts = days_with_stale_marts(look.lake, [each.day for each in states])
    unbuilt = {*missing, *late, *without_marts}
    return Days(
        looked_at=len(states),
        first=states[0].day if states else None,
        last=states[-1].day if states else None,
        missing=missing,
        late=late,
        without_marts=without_marts,
        overdue=[each.day for each in states if each.day in unbuilt and _has_waited(look, each)],
        lag=(look.last_due - min(unbuilt)).days + 1 if unbuilt else 0,
    )


def _has_waited(look: MonitorContext, state: DayState) -> bool:
    last = landed_at([state])
    is_old = last is None or look.now - last >= GRACE
    return is_old and state.day <= last_scheduled_day(look.now, look.zone, GRACE)


def _due_day(look: MonitorContext) -> DueDay | None:
    if look.last_due < look.start_date:
        return None
    (state,) = look.states([look.last_due])
    held = state.layers
    rows = {each.name: held[each.name].rows for each in ALL_LAYERS if held[each.name].source}
    for mart in DAILY_MARTS:
        if footer := look.lake.footer(mart.name, state.day):
            rows[mart.name] = footer.rows
    return DueDay(state.day, look.verdict(state).value, state.objects, rows)


def _tables(look: MonitorContext, states: list[DayState]) -> Tables:
    objects = (each for page in list_pages(look.lake.store, ENRICHED_UPDATES.name) for each in page)
    written = max((each["last_modified"] for each in objects), default=None)
    return Tables(written, sum(state.layers[QUARANTINE.name].rows for state in states))
