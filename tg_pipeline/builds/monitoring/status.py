"""The status of the pipeline for monitors: `tg-pipeline status --json`.

The fields of the classes are the keys of the JSON; docs/monitoring.md describes them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo

from obstore.store import ObjectStore

from lambda_ingest.landing import REJECTED_PREFIX
from tg_pipeline.builds.mart_sources import days_with_stale_marts
from tg_pipeline.builds.monitoring.completeness import GapRules, IdGap, find_gaps, summaries
from tg_pipeline.builds.monitoring.outside_days import PartitionRange, find_outside_days
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.staleness import (
    ONE_DAY,
    DayState,
    DayStatus,
    day_states,
    last_scheduled_day,
)
from tg_pipeline.events.dead_letters import count_dead_letters
from tg_pipeline.lake.footers import Footers
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.landing.zone import (
    iter_days,
    list_days,
    list_odd_folders,
)
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.messages import DEFAULT_LANGUAGE
from tg_pipeline.storage.object_store import list_pages

VERSION: Final = 1
"""The version of the keys. It changes if a key is removed or changes its meaning."""

DEFAULT_DAYS: Final = 31
"""Days checked up to the newest one due; older days are checked too if they were never built."""

GRACE: Final = timedelta(hours=2)
"""Time allowed for a build, after objects landed and after the nightly run was due."""

MAX_GAPS: Final = 20
"""Gaps that are listed one by one: a bot can have thousands, if a chat filter is on."""

NAMES_SHOWN: Final = 20
"""Unreadable names that are reported of a day; the others are counted."""

Span = tuple[date, date]
"""A first and a last day."""


@dataclass(frozen=True, slots=True)
class DueDayStatus:
    """The newest day whose nightly run was due."""

    day: date
    verdict: str
    objects: int
    rows: dict[str, int]
    """By table: layers and daily marts; tables that were never built are left out."""


@dataclass(frozen=True, slots=True)
class DaysStatus:
    """The days that were checked, all of them due."""

    looked_at: int
    first: date | None
    last: date | None
    missing: list[date]
    late: list[date]
    without_marts: list[date]
    overdue: list[date]
    """Days that should have been built by now."""
    lag: int
    """Days from the oldest one not built to the newest one due, both included; 0 if all are."""


@dataclass(frozen=True, slots=True)
class LandingStatus:
    """The landed objects."""

    last_at: datetime | None
    """When the newest object was written, among the days checked and the days after them."""
    pending_objects: int
    """Objects on the days checked that are not read yet."""
    open_objects: int
    """Objects on days whose nightly run is not due yet."""
    rejected_objects: int
    """Bodies that could not be landed as updates."""
    rejected_events: int
    """Messages of the events queue that could not be read."""


@dataclass(frozen=True, slots=True)
class TablesStatus:
    """The built tables."""

    last_written_at: datetime | None
    """When a day of enriched_updates was last written."""
    quarantined_rows: int
    """On the days checked."""
    suppressed_lines: int
    """On the days checked: lines that were left out because they are a forgotten person's."""


class ProblemKind(Enum):
    """What is wrong."""

    OVERDUE = "overdue"
    """A day should have been built by now."""
    GAP = "gap"
    """Update ids are missing."""
    OUTSIDE = "outside"
    """Objects landed on days that have no partition."""
    STUCK_RUN = "stuck_run"
    """A run of Dagster should have ended."""
    UNREADABLE_NAME = "unreadable_name"
    """A name in the landing zone can't be read, or belongs to no day."""
    DAMAGED = "damaged"
    """A layer's file has other bytes than were written."""
    CONFLICT = "conflict"
    """Updates have the id of another update, and other content."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a person should know."""

    kind: ProblemKind
    day: date | None
    """The day that it is about, if it is about one."""
    message: str
    """What is wrong, where, and what to do, in one or two sentences."""
    is_failure: bool = True
    """Whether the check fails because of it; else it is only reported."""


@dataclass(frozen=True, slots=True)
class GapStatus:
    """Update ids that are on no day."""

    bot_id: int
    first: int
    last: int
    after: date
    """The day of the update before them."""
    before: date
    """The day of the update after them."""
    cause: str
    reason: str
    is_failure: bool
    """Whether the check fails because of it."""


@dataclass(frozen=True, slots=True)
class CompletenessStatus:
    """The update ids that are missing on the days checked, and in the week before."""

    lost_updates: int
    """Updates that were surely lost: those of the gaps that are failures."""
    gaps: list[GapStatus]
    """Failures first, then the newest; at most MAX_GAPS."""
    more_gaps: int
    """Gaps that are not listed."""


@dataclass(frozen=True, slots=True)
class PipelineStatus:
    """The status of the pipeline."""

    version: int
    at: datetime
    timezone: str
    ok: bool
    """Whether the check passes: none of the problems is a failure."""
    problems: list[Problem]
    due: DueDayStatus | None
    """None before the first day is due."""
    days: DaysStatus
    landing: LandingStatus
    tables: TablesStatus
    completeness: CompletenessStatus


@dataclass(frozen=True, slots=True)
class MonitorContext:
    """What is checked, and when; `now` must have a time zone."""

    landing: ObjectStore
    lake: Lake
    now: datetime
    parameters: MartParameters
    layer_parameters: LayerParameters
    start_date: date
    footers: Footers
    """Those of the lake: each table is read once."""
    has_chat_filter: bool = False
    """Whether ingestion stores chosen chats only."""
    language: str = DEFAULT_LANGUAGE
    """That of the problems' messages."""

    @property
    def fmt(self) -> Formatter:
        """What formats the problems' messages."""
        return Formatter(self.language)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that defines a day."""
        return ZoneInfo(self.parameters.timezone)

    @property
    def last_due(self) -> date:
        """The newest day whose nightly run was due."""
        return last_scheduled_day(self.now, self.zone)

    @property
    def today(self) -> date:
        """The local day."""
        return self.now.astimezone(self.zone).date()

    @property
    def partitions(self) -> PartitionRange:
        """The days that have a partition."""
        return PartitionRange(self.start_date, self.today, self.layer_parameters.floors)

    def states(self, days: list[date]) -> list[DayState]:
        """Read the state of each day."""
        return day_states(self.landing, self.lake, days, self.layer_parameters, self.footers)

    def status(self, state: DayState) -> DayStatus:
        """Return the status of a day, which is open until its nightly run is due."""
        return state.status(self.last_due + ONE_DAY)


def pipeline_status(
    context: MonitorContext, span: Span | None = None, others: Iterable[Problem] = ()
) -> PipelineStatus:
    """Return the status of the days of a span that are due, by default of the last days.

    `others` are problems that are found elsewhere. Raises StoreError or OSError.
    """
    checked = _days_to_check(context, span)
    first_open = max(context.last_due + ONE_DAY, context.start_date)
    not_due = list(iter_days(first_open, context.today))
    found = {each.day: each for each in context.states([*checked, *not_due])}
    states, open_days = [found[day] for day in checked], [found[day] for day in not_due]
    days = _days(context, states)
    gaps = find_gaps(
        context.landing,
        context.lake,
        [*states, *open_days],
        _gap_rules(context, span[0] if span else _first_checked(context)),
        context.footers,
    )
    problems = [
        *_overdue(days, context.fmt),
        *_gap_problems(gaps),
        *outside_problems(context),
        *damage_problems([*states, *open_days]),
        *conflict_problems([*states, *open_days], context.fmt),
        *name_problems(context.landing, [*states, *open_days], context.fmt),
        *others,
    ]
    return PipelineStatus(
        version=VERSION,
        at=context.now.astimezone(UTC),
        timezone=str(context.zone),
        ok=not any(problem.is_failure for problem in problems),
        problems=problems,
        due=_due_day(context, found),
        days=days,
        landing=_landing(context, states, open_days),
        tables=_tables(context, states),
        completeness=_completeness(gaps),
    )


def _days_to_check(context: MonitorContext, span: Span | None) -> list[date]:
    if span:
        return list(iter_days(span[0], min(span[1], context.last_due)))
    first = _first_checked(context)
    built = set(context.lake.days(RAW_UPDATES.name))
    older = (day for day in list_days(context.landing) if context.start_date <= day < first)
    floors = context.layer_parameters.floors
    never_built = [day for day in older if day not in built and floors.allow_build(day)]
    damaged = [day for day in context.lake.marked_days() if context.start_date <= day < first]
    return [*sorted({*never_built, *damaged}), *iter_days(first, context.last_due)]


def _first_checked(context: MonitorContext) -> date:
    return max(context.last_due - (DEFAULT_DAYS - 1) * ONE_DAY, context.start_date)


def _days(context: MonitorContext, states: list[DayState]) -> DaysStatus:
    missing = [each.day for each in states if context.status(each) is DayStatus.MISSING]
    late = [each.day for each in states if context.status(each) is DayStatus.LATE]
    without_marts = days_with_stale_marts(
        context.footers,
        [each.day for each in states],
        context.parameters,
        context.layer_parameters.floors,
    )
    damaged = {each.day for each in states if each.damage}
    unbuilt = {*missing, *late, *without_marts}
    return DaysStatus(
        looked_at=len(states),
        first=states[0].day if states else None,
        last=states[-1].day if states else None,
        missing=missing,
        late=late,
        without_marts=without_marts,
        overdue=[s.day for s in states if s.day in unbuilt and _is_grace_over(context, s)],
        lag=(context.last_due - min(unbuilt | damaged)).days + 1 if unbuilt | damaged else 0,
    )


def _overdue(days: DaysStatus, fmt: Formatter) -> Iterator[Problem]:
    texts, statuses = fmt.messages.problems, fmt.messages.status.days
    for day in days.overdue:
        kinds = (
            (fmt.plural(1, statuses.missing), days.missing),
            (fmt.plural(1, statuses.late), days.late),
            (texts.without_marts, days.without_marts),
        )
        what = next(name for name, found in kinds if day in found)
        yield Problem(ProblemKind.OVERDUE, day, texts.overdue.format(day=day, what=what))


def _gap_rules(context: MonitorContext, checked_from: date) -> GapRules:
    return GapRules(
        now=context.now,
        zone=context.zone,
        checked_from=checked_from,
        start_date=context.start_date,
        has_filter=context.has_chat_filter,
        forgets_people=bool(context.layer_parameters.tombstones),
        floors=context.layer_parameters.floors,
        language=context.language,
    )


def _gap_problems(gaps: Sequence[IdGap]) -> Iterator[Problem]:
    """Yield a problem for each loss, and one for each bot and other cause of missing ids."""
    losses = [gap for gap in gaps if gap.is_failure]
    for gap in losses[:MAX_GAPS]:
        yield Problem(ProblemKind.GAP, gap.before, str(gap))
    for text in summaries(losses[MAX_GAPS:]):
        yield Problem(ProblemKind.GAP, None, text)
    for text in summaries(gap for gap in gaps if not gap.is_failure):
        yield Problem(ProblemKind.GAP, None, text, is_failure=False)


def _completeness(gaps: Sequence[IdGap]) -> CompletenessStatus:
    ordered = sorted(gaps, key=lambda gap: (gap.is_failure, gap.before), reverse=True)
    return CompletenessStatus(
        lost_updates=sum(gap.ids for gap in gaps if gap.is_failure),
        gaps=[
            GapStatus(
                gap.bot_id,
                gap.first,
                gap.last,
                gap.after,
                gap.before,
                gap.cause.value,
                gap.reason,
                gap.is_failure,
            )
            for gap in ordered[:MAX_GAPS]
        ],
        more_gaps=max(len(gaps) - MAX_GAPS, 0),
    )


def outside_problems(context: MonitorContext) -> Iterator[Problem]:
    """Yield the landed days that have no partition, for each reason once."""
    for found in find_outside_days(context.landing, context.lake, context.partitions):
        message = found.describe(context.language)
        yield Problem(ProblemKind.OUTSIDE, found.first, message, found.is_failure)


def damage_problems(states: Iterable[DayState]) -> Iterator[Problem]:
    """Yield the damaged partitions of layers."""
    for state in states:
        for damage in state.damage:
            yield Problem(ProblemKind.DAMAGED, state.day, str(damage))


def conflict_problems(states: Iterable[DayState], fmt: Formatter) -> Iterator[Problem]:
    """Yield the days on which updates with other content than their copies were left out."""
    for state in states:
        number = state.layers[DEDUPED_UPDATES.name].conflicts
        if number:
            message = fmt.plural(number, fmt.messages.problems.conflicts, day=state.day)
            yield Problem(ProblemKind.CONFLICT, state.day, message, is_failure=False)


def name_problems(
    landing: ObjectStore, states: Iterable[DayState], fmt: Formatter
) -> Iterator[Problem]:
    """Yield the landed objects and folders that are not read because of their names."""
    texts = fmt.messages.problems

    def problem(day: date | None, what: str) -> Problem:
        return Problem(ProblemKind.UNREADABLE_NAME, day, what, is_failure=False)

    for state in states:
        names = state.unreadable_names
        for name in names[:NAMES_SHOWN]:
            yield problem(state.day, texts.unreadable_name.format(name=name))
        if len(names) > NAMES_SHOWN:
            more = len(names) - NAMES_SHOWN
            yield problem(state.day, fmt.plural(more, texts.more_names, day=state.day))
    for folder in list_odd_folders(landing)[:NAMES_SHOWN]:
        yield problem(None, texts.odd_folder.format(folder=folder))


def _is_grace_over(context: MonitorContext, state: DayState) -> bool:
    last = _last_landed_at([state])
    is_old = last is None or context.now - last >= GRACE
    return is_old and state.day <= last_scheduled_day(context.now, context.zone, GRACE)


def _due_day(context: MonitorContext, found: Mapping[date, DayState]) -> DueDayStatus | None:
    """Return the newest day that is due; it may not be among those that were `found`."""
    day = context.last_due
    if day < context.start_date:
        return None
    state = found.get(day) or context.states([day])[0]
    layers = state.layers
    rows = {each.name: layers[each.name].rows for each in ALL_LAYERS if layers[each.name].source}
    for mart in DAILY_MARTS:
        if footer := context.footers.footer(mart.name, day):
            rows[mart.name] = footer.rows
    return DueDayStatus(day, context.status(state).value, state.objects, rows)


def _landing(
    context: MonitorContext, due: Sequence[DayState], open_days: Sequence[DayState]
) -> LandingStatus:
    return LandingStatus(
        last_at=_last_landed_at([*due, *open_days]),
        pending_objects=sum(state.pending_objects for state in due),
        open_objects=sum(state.objects for state in open_days),
        rejected_objects=sum(map(len, list_pages(context.landing, REJECTED_PREFIX))),
        rejected_events=count_dead_letters(context.lake.store),
    )


def _last_landed_at(states: Iterable[DayState]) -> datetime | None:
    """Return when the newest object of the days was written, in UTC; None without objects."""
    landed = (state.last_landed_at for state in states)
    return max((at for at in landed if at), default=None)


def _tables(context: MonitorContext, states: list[DayState]) -> TablesStatus:
    listing = list_pages(context.lake.store, ENRICHED_UPDATES.name)
    written = max((each["last_modified"] for page in listing for each in page), default=None)
    return TablesStatus(
        written,
        quarantined_rows=sum(state.layers[QUARANTINE.name].rows for state in states),
        suppressed_lines=sum(state.read.suppressed for state in states if state.read),
    )
