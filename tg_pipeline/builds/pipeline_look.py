"""A look at the landing zone and the lake, as a monitor wants it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from obstore.store import ObjectStore

from tg_pipeline.builds.day_state import ONE_DAY, DayState, Verdict, day_states
from tg_pipeline.builds.due import last_due_day
from tg_pipeline.builds.landing_status import landed_at, landing_status
from tg_pipeline.builds.mart_state import days_without_marts
from tg_pipeline.builds.pipeline_status import VERSION, Days, DueDay, PipelineStatus, Tables
from tg_pipeline.lake.lake import Lake
from tg_pipeline.lake.landing_zone import iter_days, list_days
from tg_pipeline.lake.listing import pages
from tg_pipeline.layers.catalog import ALL_LAYERS
from tg_pipeline.layers.enriched_columns import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline.marts.catalog import DAILY_MARTS

DAYS_LOOKED_AT: Final = 31
"""Up to the newest day due; beside them, all before that were never built."""

GRACE: Final = timedelta(hours=2)
"""How long something may stand unbuilt after it landed, and after its nightly run was due."""

Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Look:
    """Where to look, and when: `now` must be aware."""

    landing: ObjectStore
    lake: Lake
    now: datetime
    zone: ZoneInfo
    start_date: date

    @property
    def last_due(self) -> date:
        """Give the newest day whose nightly run was due."""
        return last_due_day(self.now, self.zone)

    @property
    def today(self) -> date:
        """Give the local day."""
        return self.now.astimezone(self.zone).date()

    def states(self, days: list[date]) -> list[DayState]:
        """Give the state of each day."""
        return day_states(self.landing, self.lake, days)

    def verdict(self, state: DayState) -> Verdict:
        """Say what there is to do about a day; it is open until its nightly run was due."""
        return state.verdict(self.last_due + ONE_DAY)


def pipeline_status(look: Look, span: Span | None = None) -> PipelineStatus:
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


def _days_to_look_at(look: Look, span: Span | None) -> list[date]:
    if span:
        return list(iter_days(span[0], min(span[1], look.last_due)))
    first = max(look.last_due - (DAYS_LOOKED_AT - 1) * ONE_DAY, look.start_date)
    built = set(look.lake.days(RAW_UPDATES.name))
    before = (day for day in list_days(look.landing) if look.start_date <= day < first)
    return [*(day for day in before if day not in built), *iter_days(first, look.last_due)]


def _days(look: Look, states: list[DayState]) -> Days:
    missing = [each.day for each in states if look.verdict(each) is Verdict.MISSING]
    late = [each.day for each in states if look.verdict(each) is Verdict.LATE]
    without_marts = days_without_marts(look.lake, [each.day for each in states])
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


def _has_waited(look: Look, state: DayState) -> bool:
    last = landed_at([state])
    is_old = last is None or look.now - last >= GRACE
    return is_old and state.day <= last_due_day(look.now, look.zone, GRACE)


def _due_day(look: Look) -> DueDay | None:
    if look.last_due < look.start_date:
        return None
    (state,) = look.states([look.last_due])
    held = state.layers
    rows = {each.name: held[each.name].rows for each in ALL_LAYERS if held[each.name].source}
    for mart in DAILY_MARTS:
        if footer := look.lake.footer(mart.name, state.day):
            rows[mart.name] = footer.rows
    return DueDay(state.day, look.verdict(state).value, state.objects, rows)


def _tables(look: Look, states: list[DayState]) -> Tables:
    objects = (each for page in pages(look.lake.store, ENRICHED_UPDATES.name) for each in page)
    written = max((each["last_modified"] for each in objects), default=None)
    return Tables(written, sum(state.layers[QUARANTINE.name].rows for state in states))
