"""Which days are stale, from the footers of the layers; and which day the nightly run builds.

Each partition's footer says what it was built from, and for which time zone. A day is stale if any
of its layers was built from something else than is there now, for another time zone, or was never
built. Beside the footers, only the listing that was read is remembered, and it is written after the
tables that it describes. So an interrupted build leaves its day stale.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow.compute as pc
from obstore.store import ObjectStore

from lambda_ingest.landing import MAX_AGE
from tg_pipeline.builds.expired_days import is_erasure_due
from tg_pipeline.builds.layers import (
    CONFLICTS,
    DUPLICATES,
    KnownIds,
    enriched_built_from,
    read_known_ids,
)
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import (
    BUILT_FROM,
    DAMAGED_SOURCE,
    EMPTY_FINGERPRINT,
    TIMEZONE,
    has_other_reader,
)
from tg_pipeline.lake.floors import Floors, TableGroup
from tg_pipeline.lake.footer_index import FooterIndex
from tg_pipeline.lake.footers import Footers, FooterSource
from tg_pipeline.lake.landing_state import PREFIX as LISTED
from tg_pipeline.lake.landing_state import ReadListing
from tg_pipeline.lake.partitions import DamagedPartitionError, Lake
from tg_pipeline.landing.zone import (
    OBJECTS,
    is_same_listing,
    iter_days,
    list_days,
    list_objects,
    listing_fingerprint,
)
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline.layers.schema import Layer
from tg_pipeline.layers.update_ids import UPDATE_IDS
from tg_pipeline.marts.catalog import DAILY_MARTS, MAX_LOOKBACK_DAYS

ONE_DAY: Final = timedelta(days=1)

NO_OBJECTS: Final = OBJECTS.empty_table()

WATCHED_DAYS: Final = MAX_AGE.days + 1
"""Days up to the last one due: nothing that arrives from the network lands on an older one."""

DAILY_HOUR: Final = 3
"""The local hour of the nightly run: by then, most of Telegram's retries after midnight landed."""


class DayStatus(Enum):
    """The status of a day."""

    BUILT = "built"
    LATE = "late"
    """Built, but from input that has changed since."""
    MISSING = "missing"
    """Objects landed, and a layer was never built."""
    OPEN = "open"
    """The day is not over."""
    EMPTY = "empty"
    """No object landed, and no layer was built."""
    DAMAGED = "damaged"
    """A layer's file has other bytes than were written."""
    EXPIRED = "expired"
    """Retention deleted a layer of it or its landed objects; what is kept is up to date."""


@dataclass(frozen=True, slots=True)
class LayerDay:
    """A day of a layer."""

    rows: int
    bytes: int
    source: str | None
    """The fingerprint of what it was built from; None if it was never built."""
    timezone: str | None = None
    """The time zone that it was built for."""
    duplicates: int = 0
    """Rows that deduped_updates left out."""
    conflicts: int = 0
    """Of these, those with other content than the row that is kept."""
    update_ids: str | None = None
    """The ids of its rows, as the footers of raw_updates and enriched_updates state them."""
    has_other_reader: bool = False
    """Whether its rows are quarantined lines, as another version of the reader read them."""
    damage: DamagedPartitionError | None = None
    """What is wrong with its file; None if nothing is known to be."""


@dataclass(frozen=True, slots=True)
class DayState:
    """A day of the landing zone and of all layers."""

    day: date
    parameters: LayerParameters
    """What the rows depend on now."""
    objects: int
    """The objects in the landing zone, without those that are below its floor."""
    listing: str
    """The fingerprint of the day's objects in the landing zone now."""
    last_landed_at: datetime | None
    """When the newest object was written, in UTC; None without objects."""
    read: ReadListing | None
    """The listing whose objects were read last; None if the day was never built."""
    layers: dict[str, LayerDay]
    expected_deduped: str
    """The fingerprint of what deduped_updates would be built from now: its own raw_updates, and
    those of `earlier_days`."""
    earlier_days: list[date]
    """The days before it that may hold copies of its updates."""
    is_erasure_due: bool
    """Whether forgotten people may be in tables of the day that can't be built any more."""
    unreadable_names: tuple[str, ...] = ()
    """Landed objects that can't be read because of their names, with escapes; not among `objects`.
    """

    def keeps(self, group: TableGroup) -> bool:
        """Return whether retention keeps the day in a group of tables."""
        return self.parameters.floors.keeps(group, self.day)

    @property
    def is_raw_expected(self) -> bool:
        """Whether the day is to have raw_updates, quarantine and deduped_updates.

        Without landed objects they can't be built; once they were, they are kept up to date.
        """
        if not self.keeps(TableGroup.RAW):
            return False
        return self.keeps(TableGroup.LANDING) or self.layers[RAW_UPDATES.name].source is not None

    @property
    def is_raw_current(self) -> bool:
        """Whether raw_updates and quarantine are both built from the objects landed so far.

        Both must also be without the people who are forgotten now, and the footer must state the
        update ids. Quarantined lines must be those of the present reader. Objects that have expired
        in the landing zone are not compared, nor read again.
        """
        if not self.is_raw_expected:
            return True
        read, tombstones = self.read, self.parameters.tombstones.fingerprint
        if read is None or read.tombstones != tombstones:
            return False
        if self.keeps(TableGroup.LANDING) and (
            not is_same_listing(read.fingerprint, self.listing)
            or self.layers[QUARANTINE.name].has_other_reader
        ):
            return False
        if self.layers[RAW_UPDATES.name].update_ids is None:
            return False
        parts = (self.layers[RAW_UPDATES.name], self.layers[QUARANTINE.name])
        return all(part.source == read.rows for part in parts)

    @property
    def expected_layers(self) -> list[Layer]:
        """The layers that the day is to have, up to date.

        Others may have rows of it too: those are kept as they are until retention deletes them.
        """
        if not self.is_raw_expected:
            return []
        below = [RAW_UPDATES, QUARANTINE, DEDUPED_UPDATES]
        return [*below, ENRICHED_UPDATES] if self.keeps(TableGroup.ENRICHED) else below

    @property
    def is_current(self) -> bool:
        """Whether every layer is built from its present input, for the present time zone."""
        sources = {
            DEDUPED_UPDATES.name: self.expected_deduped,
            ENRICHED_UPDATES.name: enriched_built_from(self.expected_deduped, self.parameters),
        }
        expected = [(layer.name, self.layers[layer.name]) for layer in self.expected_layers]
        return (
            self.is_raw_current
            and not self.is_erasure_due
            and all(part.timezone == self.parameters.timezone for _, part in expected)
            and all(part.source == sources.get(name, part.source) for name, part in expected)
        )

    @property
    def pending_objects(self) -> int:
        """The number of objects that are not read yet: at least one, if any has changed."""
        if self.is_raw_current or not self.objects:
            return 0
        return max(self.objects - (self.read.objects if self.read else 0), 1)

    @property
    def is_complete(self) -> bool:
        """Whether every layer that is to have a partition has one."""
        return all(self.layers[layer.name].source is not None for layer in self.expected_layers)

    @property
    def damage(self) -> list[DamagedPartitionError]:
        """What is wrong with the files of the layers."""
        return [part.damage for part in self.layers.values() if part.damage]

    @property
    def has_expired(self) -> bool:
        """Whether retention has deleted anything of the day, or is about to."""
        groups = (TableGroup.LANDING, TableGroup.RAW, TableGroup.ENRICHED)
        return not all(map(self.keeps, groups))

    @property
    def has_something(self) -> bool:
        """Whether any object landed or any layer was built."""
        return self.objects > 0 or any(part.source is not None for part in self.layers.values())

    @property
    def is_stale(self) -> bool:
        """Whether a build would change anything."""
        return self.is_erasure_due or (self.has_something and not self.is_current)

    def status(self, today: date) -> DayStatus:
        """Return the status of the day, if the current day is `today`."""
        if self.damage:
            return DayStatus.DAMAGED
        if self.day >= today:
            return DayStatus.OPEN
        if not self.has_something and not self.is_erasure_due:
            return DayStatus.EXPIRED if self.has_expired else DayStatus.EMPTY
        if not self.is_complete:
            return DayStatus.MISSING
        if not self.is_current:
            return DayStatus.LATE
        return DayStatus.EXPIRED if self.has_expired else DayStatus.BUILT


def day_states(
    landing: ObjectStore,
    lake: Lake,
    days: Iterable[date],
    parameters: LayerParameters,
    footers: Footers | None = None,
) -> list[DayState]:
    """Read the state of each day, in the order given, and the ids of all days. Nothing is stored.

    `footers` are those of the lake, as far as they were read before.
    """
    wanted, footers = list(days), footers or Footers(lake)
    footers.load((*(layer.name for layer in ALL_LAYERS), LISTED), len(wanted))
    known = read_known_ids(lake, parameters.floors, footers)
    reader = _StateReader(landing, lake, parameters, footers, known)
    return lake.map_concurrent(reader.read, wanted)


@dataclass(frozen=True, slots=True)
class _StateReader:
    """Reads the states of days."""

    landing: ObjectStore
    lake: Lake
    parameters: LayerParameters
    footers: Footers
    known: KnownIds

    def read(self, day: date) -> DayState:
        """Return the state of a day."""
        unreadable: list[str] = []
        is_kept = self.parameters.floors.keeps(TableGroup.LANDING, day)
        objects = list_objects(self.landing, day, unreadable) if is_kept else NO_OBJECTS
        layers = {layer.name: _layer_day(self.footers, layer.name, day) for layer in ALL_LAYERS}
        raw = layers[RAW_UPDATES.name].source or EMPTY_FINGERPRINT
        deduped = layers[DEDUPED_UPDATES.name].source
        return DayState(
            day=day,
            parameters=self.parameters,
            objects=objects.num_rows,
            listing=listing_fingerprint(objects),
            last_landed_at=pc.max(objects["last_modified"]).as_py(),
            read=self.footers.listing(day),
            layers=layers,
            expected_deduped=self.known.expected_deduped(day, raw, deduped),
            earlier_days=self.known.earlier_days(day),
            is_erasure_due=is_erasure_due(self.lake, day, self.parameters, self.footers),
            unreadable_names=tuple(unreadable),
        )


def _layer_day(footers: FooterSource, layer: str, day: date) -> LayerDay:
    try:
        footer = footers.footer_or_raise(layer, day)
    except DamagedPartitionError as error:
        return LayerDay(0, 0, DAMAGED_SOURCE, damage=error)
    if footer is None:
        return LayerDay(0, 0, None)
    return LayerDay(
        rows=footer.rows,
        bytes=footer.bytes,
        source=footer.metadata.get(BUILT_FROM),
        timezone=footer.metadata.get(TIMEZONE),
        duplicates=int(footer.metadata.get(DUPLICATES, 0)),
        conflicts=int(footer.metadata.get(CONFLICTS, 0)),
        update_ids=footer.metadata.get(UPDATE_IDS),
        has_other_reader=layer == QUARANTINE.name
        and has_other_reader(footer.metadata, footer.rows),
    )


def known_days(landing: ObjectStore, lake: Lake, floors: Floors) -> list[date]:
    """Return the days on which objects landed or a table was built, ascending.

    Objects that landed below the floors do not count: they are never read.
    """
    landed = (day for day in list_days(landing) if floors.allow_build(day))
    return sorted({*landed, *built_days(lake, floors)})


def built_days(lake: Lake, floors: Floors) -> list[date]:
    """Return the days on which a table was built, ascending."""
    days = set(lake.days(RAW_UPDATES.name))
    if floors.raw:
        days.update(lake.days(ENRICHED_UPDATES.name))
    if floors.enriched:
        days.update(lake.days(DAILY_MARTS[0].name))
    return sorted(days)


def stale_days(states: Iterable[DayState]) -> list[date]:
    """Return the stale days, and the known days that their builds will make stale; ascending.

    The raw rows of a day change the days after it that have copies of its updates, and some marts
    are also made from earlier days. Which days have copies of updates that are not read yet is only
    known afterwards; most such copies arrive on the next day, so that is among the result.
    """
    known = {state.day: state for state in states}
    stale = {day for day, state in known.items() if state.is_stale}
    changing = {day for day in stale if not known[day].is_raw_current}
    enriched = stale | {day + ONE_DAY for day in changing}
    enriched |= {day for day, state in known.items() if changing.intersection(state.earlier_days)}
    following = enriched | {
        day + back * ONE_DAY for day in enriched for back in range(1, MAX_LOOKBACK_DAYS + 1)
    }
    return sorted(stale | {day for day in following if day in known and known[day].has_something})


def outdated_days(footers: Footers, parameters: LayerParameters, known: KnownIds) -> list[date]:
    """Return the days whose deduped or enriched rows were made of other raw rows, ascending.

    The footers of the whole lake are compared, by a listing and a request per table; the landing
    zone is not. Raises StoreError.
    """
    raw = known.indexes[0]
    deduped, enriched = map(footers.index, (DEDUPED_UPDATES.name, ENRICHED_UPDATES.name))
    return sorted(
        day
        for day in raw.footers
        if isinstance(day, date)
        and parameters.floors.keeps(TableGroup.RAW, day)
        and _is_outdated(day, deduped, enriched, parameters, known)
    )


def _is_outdated(
    day: date,
    deduped: FooterIndex,
    enriched: FooterIndex,
    parameters: LayerParameters,
    known: KnownIds,
) -> bool:
    stored = deduped.metadata(day, BUILT_FROM)
    expected = known.expected_deduped(day, known.sources[day], stored)
    if stored != expected:
        return True
    if not parameters.floors.keeps(TableGroup.ENRICHED, day):
        return False
    return enriched.metadata(day, BUILT_FROM) != enriched_built_from(expected, parameters)


def affected_days(changed: Collection[date], known: KnownIds) -> set[date]:
    """Return the days that a change of the raw rows of some days may affect, and these days."""
    found = {*changed}
    if changed:
        later = (day for day in known.tables if day > min(changed))
        found |= {day for day in later if not found.isdisjoint(known.earlier_days(day))}
    return found | {after for day in found for after in days_after(day)}


def days_after(day: date) -> list[date]:
    """Return the days that a change of the raw rows of `day` may affect, without `day` itself."""
    return list(iter_days(day + ONE_DAY, day + ONE_DAY + MAX_LOOKBACK_DAYS * ONE_DAY))


def last_scheduled_day(now: datetime, zone: ZoneInfo, grace: timedelta = timedelta()) -> date:
    """Return the newest day whose nightly run was due at least `grace` ago.

    `now` must have a time zone.
    """
    local = (now - grace).astimezone(zone)
    run_day = local.date() if local.time() >= time(DAILY_HOUR) else local.date() - ONE_DAY
    return run_day - ONE_DAY
