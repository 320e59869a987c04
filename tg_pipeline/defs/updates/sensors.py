"""The listing sensor: builds days on which something landed late, and days that were missed.

Every tick scans the days on which updates from the network may still land. Once a day, and in the
first tick after a downtime, a full scan covers all known days, in steps, the newest first.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Final

import dagster as dg
import msgspec
from obstore.store import ObjectStore

from tg_pipeline.builds.expired_days import is_erasure_due
from tg_pipeline.builds.layers import read_known_ids
from tg_pipeline.builds.mart_sources import days_with_stale_marts
from tg_pipeline.builds.monitoring.outside_days import count_outside
from tg_pipeline.builds.parameters import LayerParameters, layer_parameters, mart_parameters
from tg_pipeline.builds.staleness import (
    WATCHED_DAYS,
    DayState,
    built_days,
    day_states,
    days_after,
    last_scheduled_day,
    outdated_days,
    stale_days,
)
from tg_pipeline.defs.partitions import SETTINGS, partitions_at
from tg_pipeline.defs.resources import (
    SENSOR_TIMEOUT,
    ClockResource,
    LakeResource,
    LandingResource,
)
from tg_pipeline.defs.updates.run_requests import (
    RequestedState,
    RequestedStates,
    RunPlan,
    StaleDay,
    days_of_unfinished_runs,
    plan_runs,
)
from tg_pipeline.defs.updates.schedules import updates_job
from tg_pipeline.lake.floors import ALL_DAYS, Floors
from tg_pipeline.lake.footers import Footers
from tg_pipeline.lake.landing_state import PREFIX as LISTED
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.landing.zone import iter_days, list_days
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES, READER_VERSION
from tg_pipeline.marts.catalog import DAILY_MARTS

FULL_SCAN_INTERVAL: Final = timedelta(days=1)
"""What landed while nothing scanned, or was landed by an operator, is found within this time. So a
tick that follows another within a day needs no more than the watched days."""

FULL_SCAN_STEP: Final = 366
"""Days per tick: Dagster ends a tick after a minute, and a day takes a few dozen requests."""

MAX_OUTDATED_DAYS: Final = 366
"""Days per scan whose layers don't match each other, the newest first: a new release may have all
days built again, and Dagster ends a tick after a minute."""

NIGHTLY_GRACE: Final = timedelta(hours=1)
"""The nightly run comes first; the sensor requests what it left out."""

SCAN_INTERVAL: Final = 300
"""Seconds: a scan lists the watched days, and a bucket charges for listings."""

SWEEP_INTERVAL: Final = timedelta(hours=6)
"""With an events queue, the scan only finds what the queue missed."""

IDLE_PAUSE: Final = SWEEP_INTERVAL if SETTINGS.events_queue_url else timedelta()
"""How long the sensor pauses after a scan that found nothing."""


@dataclass(frozen=True, slots=True)
class FullScan:
    """How far the scan of all known days has come."""

    began_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """When the latest one began; None before the first."""
    below: date | None = None
    """The days before this one are still to be scanned; None if none is."""

    def is_due(self, now: datetime) -> bool:
        """Return whether the next one begins: the latest is too old, or the clock was set back."""
        return not (self.began_at and timedelta() <= now - self.began_at < FULL_SCAN_INTERVAL)

    def step(
        self, now: datetime, watched: date, known: Callable[[], Iterable[date]]
    ) -> tuple[list[date], "FullScan"]:
        """Return the days before the `watched` ones to scan now, and what remains to be done.

        `known` returns all known days; it is only called if there is something to scan.
        """
        is_due = self.is_due(now)
        began_at, below = (now, watched) if is_due else (self.began_at, self.below)
        if below is None:
            return [], self
        older = sorted(day for day in known() if SETTINGS.start_date <= day < below)
        rest, days = older[:-FULL_SCAN_STEP], older[-FULL_SCAN_STEP:]
        return days, FullScan(began_at, days[0] if rest else None)


@dataclass(frozen=True, slots=True)
class StalenessScan:
    """The result of comparing the landing zone with the lake."""

    days: int
    """How many days were scanned."""
    plan: RunPlan
    tombstones: str = ""
    """The fingerprint of the tombstones that are known to be applied on all days."""
    full: FullScan = field(default_factory=FullScan)
    outside: list[date] = field(default_factory=list)
    """Days with a folder in the landing zone, but without a partition."""
    floors: Floors = ALL_DAYS

    @property
    def skip_reason(self) -> str | None:
        """Why nothing is requested; None if something is."""
        if self.plan.ranges:
            return None
        return self.plan.skip_reason or f"No stale day among the {self.days} days scanned."


@dataclass(frozen=True, slots=True)
class ScanCursor:
    """The sensor's cursor."""

    requested: RequestedStates = field(default_factory=dict)
    scanned_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """When the last scan was made; None before the first."""
    idle: bool = False
    """Whether the last scan found nothing to request or to wait for."""
    tombstones: str = ""
    """The fingerprint of the tombstones that are known to be applied on all days."""
    full: FullScan = field(default_factory=FullScan)
    outside: str = ""
    """The fingerprint of the days without a partition that were logged last."""

    def is_paused(self, now: datetime, pause: timedelta) -> bool:
        """Return whether the last scan found nothing, less than `pause` ago."""
        return bool(self.idle and self.scanned_at and timedelta() <= now - self.scanned_at < pause)

    def encode(self) -> str:
        """Return the cursor as text."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def decode(cls, cursor: str | None) -> "ScanCursor":
        """Decode a cursor; one that is missing, damaged or in another format is empty."""
        try:
            return msgspec.json.decode(cursor or "{}", type=cls)
        except msgspec.MsgspecError:
            return cls()


def listing_sensor(pause: timedelta) -> dg.SensorDefinition:
    """Build the sensor, which pauses after a scan that found nothing."""

    @dg.sensor(
        name="late_updates_sensor",
        job=updates_job,
        minimum_interval_seconds=SCAN_INTERVAL,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Builds days on which something landed late, and days that were missed.",
    )
    def evaluate(
        context: dg.SensorEvaluationContext,
        landing: dg.ResourceParam[LandingResource],
        lake: dg.ResourceParam[LakeResource],
        clock: dg.ResourceParam[ClockResource],
    ) -> dg.SensorResult | dg.SkipReason:
        """Request the days whose partitions are older than what they are built from."""
        cursor, now = ScanCursor.decode(context.cursor), clock.now()
        if cursor.is_paused(now, pause):
            return dg.SkipReason(f"Nothing was stale at {cursor.scanned_at}; scans every {pause}.")
        store, tables = landing.store(SENSOR_TIMEOUT), lake.lake(SENSOR_TIMEOUT)
        busy = days_of_unfinished_runs(context.instance)
        known = KnownDays(frozenset(), cursor.requested, busy, cursor.tombstones, cursor.full)
        found = scan(store, tables, now, known)
        plan = found.plan
        if plan.ranges and plan.given_up:
            context.log.warning("%s", plan.skip_reason)
        outside = _fingerprint_of(map(str, found.outside)) if found.outside else ""
        if outside != cursor.outside:
            partitions = partitions_at(now, found.floors)
            for days in count_outside(store, tables, partitions, found.outside):
                context.log.warning("%s", days.describe())
        idle = not plan.ranges and not plan.busy and found.full.below is None
        after = ScanCursor(plan.requested, now, idle, found.tombstones, found.full, outside)
        return dg.SensorResult(
            plan.requests(cursor.scanned_at), skip_reason=found.skip_reason, cursor=after.encode()
        )

    return evaluate


@dataclass(frozen=True, slots=True)
class KnownDays:
    """What a sensor knows before a scan."""

    touched: frozenset[date]
    """Days with new objects, which may be older than the watched days."""
    requested: Mapping[date, RequestedState]
    busy: frozenset[date]
    """Days that unfinished runs build."""
    tombstones: str | None = None
    """The fingerprint of the tombstones that are known to be applied on all days; None if this
    scan leaves such days to another sensor."""
    full: FullScan | None = None
    """How far the scan of all known days has come; None if that is left to another sensor."""


def scan(landing: ObjectStore, lake: Lake, now: datetime, known: KnownDays) -> StalenessScan:
    """Find the stale days among the watched, the missed, the touched and the outdated days.

    New rows of a day may be copies of updates of any later day, whose layers are then outdated.
    """
    parameters = layer_parameters(SETTINGS, landing)
    floors, landed, watched = parameters.floors, list_days(landing), watched_days(now)
    footers = Footers(lake)
    unclean = _days_with_forgotten_people(lake, known.tombstones, parameters, footers)
    older: list[date] = []
    full = known.full or FullScan()
    if known.full and watched:
        older, full = full.step(
            now,
            watched[0],
            lambda: {*filter(floors.allow_build, landed), *built_days(lake, floors)},
        )
    footers.load((RAW_UPDATES.name, DEDUPED_UPDATES.name, ENRICHED_UPDATES.name))
    ids = read_known_ids(lake, floors, footers)
    outdated = outdated_days(footers, parameters, ids)[-MAX_OUTDATED_DAYS:]
    touched = {*known.touched, *known.requested, *lake.marked_days(), *unclean, *older, *outdated}
    days = days_to_scan(landed, lake, watched, touched, floors)
    states = day_states(landing, lake, days, parameters, footers)
    marts = mart_parameters(SETTINGS, landing)
    without_marts = set(days_with_stale_marts(footers, days, marts, parameters.floors))
    footers.save()
    due = {state.day for state in states if state.is_stale} | without_marts
    stale = due | set(stale_days(states))
    found = [
        StaleDay(
            state.day,
            _fingerprint(state, has_stale_marts=state.day in without_marts),
            is_stale=state.day in due,
        )
        for state in states
        if state.day in stale
    ]
    applied = known.tombstones or "" if unclean else parameters.tombstones.fingerprint
    plan = plan_runs(found, known.requested, known.busy)
    outside = partitions_at(now, floors).outside(landed)
    return StalenessScan(len(days), plan, applied, full, outside, floors)


def _days_with_forgotten_people(
    lake: Lake, applied: str | None, parameters: LayerParameters, footers: Footers
) -> list[date]:
    """Return the days on which the present tombstones are not applied yet.

    They are only looked for if others are known to be `applied`.
    """
    fingerprint = parameters.tombstones.fingerprint
    if applied in {None, fingerprint}:
        return []

    def may_have(day: date) -> bool:
        listing = footers.listing(day)
        is_read = listing is not None and listing.tombstones != fingerprint
        return is_read or is_erasure_due(lake, day, parameters, footers)

    days = built_days(lake, parameters.floors)
    footers.load([LISTED], len(days))
    found = lake.map_concurrent(may_have, days)
    return [day for day, is_due in zip(days, found, strict=True) if is_due]


def days_to_scan(
    landed: Iterable[date],
    lake: Lake,
    watched: Sequence[date],
    touched: Collection[date],
    floors: Floors,
) -> list[date]:
    """Return the watched days, older days that were never built, and older `touched` days.

    A day below the floors is not missed, whatever lands there.
    """
    if not watched:
        return []
    built = set(lake.days(RAW_UPDATES.name))
    missed = {day for day in landed if day not in built and floors.allow_build(day)}
    older = {day for day in missed | set(touched) if SETTINGS.start_date <= day < watched[0]}
    following = {after for day in older for after in days_after(day) if after < watched[0]}
    return [*sorted(older | following), *watched]


def watched_days(now: datetime) -> list[date]:
    """Return the days that were due at least an hour ago, and on which updates may still land."""
    last = last_scheduled_day(now, SETTINGS.zone, NIGHTLY_GRACE)
    first = max(last - timedelta(days=WATCHED_DAYS - 1), SETTINGS.start_date)
    return list(iter_days(first, last))


def _fingerprint(state: DayState, *, has_stale_marts: bool) -> str:
    """Return a short text that changes when a build of the day may come to another result."""
    parameters = state.parameters
    sources = [state.listing, parameters.timezone, parameters.tombstones.fingerprint]
    sources += [state.expected_deduped, str(state.read)]
    sources += [f"{part.source} {part.timezone}" for part in state.layers.values()]
    sources += [READER_VERSION] if state.layers[QUARANTINE.name].has_other_reader else []
    sources += [mart.definition_hash for mart in DAILY_MARTS] if has_stale_marts else []
    return _fingerprint_of(sources)


def _fingerprint_of(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


late_updates_sensor: Final = listing_sensor(IDLE_PAUSE)

defs = dg.Definitions(sensors=[late_updates_sensor])
