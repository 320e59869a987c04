"""How a day is built from its raw_updates: → deduped_updates → enriched_updates.

Each function builds one table's day and records in the new partition's footer what it was built
from, and the time zone that defined the day. The last functions check that no row was lost.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Protocol

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import (
    BUILT_FROM,
    EMPTY_FINGERPRINT,
    TIMEZONE,
    RawBuildResult,
    has_raw,
)
from tg_pipeline.lake.floors import Floors, TableGroup
from tg_pipeline.lake.footer_index import FooterIndex
from tg_pipeline.lake.footers import Footers, FooterSource
from tg_pipeline.lake.partitions import (
    BATCH_ROWS,
    PROJECTED_ROWS,
    DamagedPartitionError,
    Lake,
    Partition,
    PartitionName,
    PartitionStats,
)
from tg_pipeline.layers.batches import gc_paused
from tg_pipeline.layers.copies import (
    COPY_COLUMNS,
    has_several_bots,
    marks_of,
    shared_events,
)
from tg_pipeline.layers.deduped_updates import (
    CONTENT_COLUMNS,
    DEDUPED_UPDATES,
    KEY_COLUMNS,
    Integers,
    PayloadHashes,
    conflicts,
    drop_rows,
    find_duplicates,
    own_positions,
)
from tg_pipeline.layers.drift import Drift, DriftCounter
from tg_pipeline.layers.enriched.pseudonyms import PersonalDataRules
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES, ENRICHMENT_VERSION
from tg_pipeline.layers.enriched.shadowed import SHADOW_COLUMNS, has_synthetic, mark_shadowed
from tg_pipeline.layers.enriched.suppression import without_erased_ids
from tg_pipeline.layers.enriched.updates import enrich
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.layers.schema import Role
from tg_pipeline.layers.update_ids import (
    COUNTED_IDS,
    UPDATE_IDS,
    BotIds,
    RangesByDay,
    UpdateIdCounter,
    decode_update_ids,
)
from tg_pipeline.storage.fingerprints import FINGERPRINT_CHARACTERS
from tg_pipeline.storage.object_io import ReplacedError

DUPLICATES: Final = "duplicates"
"""The footer key for the number of raw rows that deduped_updates left out."""

CONFLICTS: Final = "conflicts"
"""The footer key for the number of these with other content than the row that is kept."""

SHADOWED: Final = "shadowed"
"""The footer key for the number of deduped rows that enriched_updates left out: calls and exported
messages that the day has from a better origin."""

MAX_EXAMPLES: Final = 3
"""Conflicts that are named."""

DAY_CHARACTERS: Final = 16
"""Characters that the fingerprint of deduped_updates has of each earlier day's: 64 bits tell two
versions of a day apart, and a thousand days fit into a footer."""


# raw_updates → deduped_updates


@dataclass(frozen=True, slots=True)
class KnownIds:
    """The update ids of all days, from the footers of their raw_updates.

    Where these have expired, or are damaged, those of enriched_updates stand in: they have the same
    KEY_COLUMNS, of one copy of each update.
    """

    ids: RangesByDay
    tables: dict[date, str]
    """Where the rows of each day are."""
    sources: dict[date, str]
    """The fingerprint of each day's raw_updates: of those that enriched_updates was built from."""
    indexes: tuple[FooterIndex, ...]
    floors: Floors
    _earlier: dict[date, list[date]] = field(default_factory=dict)
    """The earlier days of each day that was asked for: it is asked twice."""

    def save(self, lake: Lake) -> None:
        """Store what was read of the footers, for the next time; raises StoreError."""
        for index in self.indexes:
            index.save(lake)

    def earlier_days(self, day: date) -> list[date]:
        """Return the days before `day` that may hold copies of its updates, ascending."""
        if day not in self._earlier:
            own = self.ids.by_day.get(day, {})
            self._earlier[day] = self.ids.overlapping(day, own)
        return self._earlier[day]

    def expected_deduped(self, day: date, raw: str, stored: str | None) -> str:
        """Return the fingerprint of what a day's deduped_updates would be built from now.

        `raw` is the fingerprint of its raw_updates, and `stored` that of what deduped_updates was
        built from. Copies of days whose raw_updates can't be read any more may not be found again,
        so these days are taken over.
        """
        copies = {each: self.sources[each] for each in self.earlier_days(day)}
        if stored and stored.split()[0] == raw:
            before = _earlier_days(stored)
            copies |= {each: before[each] for each in before if self._is_unreadable(each)}
        return deduped_built_from(raw, copies)

    def _is_unreadable(self, day: date) -> bool:
        raw = self.indexes[0]
        return not self.floors.keeps(TableGroup.RAW, day) or day in raw.damaged


def read_known_ids(lake: Lake, floors: Floors, footers: Footers | None = None) -> KnownIds:
    """Read which update ids each day has: by a listing and a request per table; raises StoreError.

    The ids of days that an earlier release has built are read from their rows, once they are saved.
    `footers` are those of the lake, as far as they were read before.
    """
    with gc_paused():
        return _read_known_ids(lake, floors, footers or Footers(lake))


def _read_known_ids(lake: Lake, floors: Floors, footers: Footers) -> KnownIds:
    indexes = [_read_index(lake, RAW_UPDATES.name, footers)]
    if floors.raw or indexes[0][0].damaged:
        indexes.append(_read_index(lake, ENRICHED_UPDATES.name, footers))
    ids: dict[date, dict[int, BotIds]] = {}
    tables, sources = {}, {}
    for index, found in reversed(indexes):
        group = TableGroup.RAW if index.table == RAW_UPDATES.name else TableGroup.ENRICHED
        floor = floors.of(group) or date.min
        for day, footer in index.footers.items():
            if isinstance(day, date) and day >= floor:
                ids[day] = found[day]
                tables[day] = index.table
                sources[day] = _raw_fingerprint(footer.metadata)
    return KnownIds(RangesByDay(ids), tables, sources, tuple(index for index, _ in indexes), floors)


_Ids = dict[int, BotIds]


def _read_index(
    lake: Lake, table: str, footers: Footers
) -> tuple[FooterIndex, dict[PartitionName, _Ids]]:
    """Return the footers of a table, and the ids of each day."""
    index = footers.index(table)
    stated = {day: _stated_ids(footer.metadata) for day, footer in index.footers.items()}
    missing = [day for day, found in stated.items() if found is None]
    texts = lake.map_concurrent(lambda day: _read_ids(lake, table, day), missing)
    counted = {day: text for day, text in zip(missing, texts, strict=True) if text is not None}
    ids = {day: found for day, found in stated.items() if found is not None}
    ids |= {day: decode_update_ids(text) for day, text in counted.items()}
    index = index.with_metadata({day: {COUNTED_IDS: text} for day, text in counted.items()})
    index = index.without_damaged(set(missing) - counted.keys())
    footers.replace(index)
    return index, ids


def _stated_ids(metadata: Mapping[str, str]) -> _Ids | None:
    """Return the ids that a footer states, or that were counted; None if it has none."""
    try:
        return decode_update_ids(metadata.get(COUNTED_IDS) or metadata[UPDATE_IDS])
    except (KeyError, msgspec.MsgspecError):
        return None


def _read_ids(lake: Lake, table: str, day: PartitionName) -> str | None:
    """Return the ids of a partition from its rows, as its footer would state them.

    None if it is damaged: other days don't wait for its repair.
    """
    try:
        with lake.open(table, day) as partition:
            return _count_ids(partition)
    except DamagedPartitionError:
        return None


def _count_ids(partition: Partition) -> str:
    counter = UpdateIdCounter()
    for batch in partition.project(KEY_COLUMNS):
        counter.add(batch)
    return counter.encode()


def _raw_fingerprint(metadata: Mapping[str, str]) -> str:
    """Return the fingerprint of raw_updates that each of the layers' footers begins with."""
    return metadata.get(BUILT_FROM, EMPTY_FINGERPRINT).partition(" ")[0]


@dataclass(frozen=True, slots=True)
class DedupedBuildResult:
    """The outcome of building a day's deduped_updates."""

    deduped: PartitionStats
    raw_rows: int
    """Rows of the day's raw_updates."""
    duplicates: int
    """Of these, copies of an update that landed earlier on that day, or on an earlier day."""
    conflicts: int
    """Of the duplicates, those with other content than the row that is kept."""
    examples: tuple[tuple[int, int], ...]
    """The bot and the update id of a few of them."""


def build_deduped_updates(
    lake: Lake, day: date, parameters: LayerParameters, known: KnownIds | None = None
) -> DedupedBuildResult:
    """Write a day's deduped_updates from its raw_updates, and from earlier days with copies.

    These are found by the ids that are `known`, which are read if they are not given. A day without
    duplicates has the rows of its raw_updates, whose pages are copied then.
    """
    if known is None:
        known = read_known_ids(lake, parameters.floors)
        known.save(lake)
    with (
        lake.open(RAW_UPDATES.name, day) as raw,
        lake.writer(DEDUPED_UPDATES.name, day, DEDUPED_UPDATES.schema) as output,
    ):
        earlier = _open_earlier(lake, day, _ids_of(raw), known)
        found = find_duplicates(
            lambda: raw.project(KEY_COLUMNS), [each.keys for each in earlier], raw.rows
        )
        is_copied = not len(found) and raw.has_pages_of_today
        own = PayloadHashes(own_positions(found))
        if not is_copied:
            for batch in drop_rows(own.watch(raw.batches()), found.positions):
                output.write(batch)
        which = conflicts(
            found,
            own,
            lambda: raw.batches(CONTENT_COLUMNS),
            [each.contents if each.has_contents else None for each in earlier],
        )
        copies = {each.day: each.source for each in earlier if each.source}
        footer = {
            BUILT_FROM: deduped_built_from(_raw_fingerprint(raw.metadata), copies),
            TIMEZONE: parameters.timezone,
            DUPLICATES: str(len(found)),
            CONFLICTS: str(len(which)),
        }
        examples = _keys_at(raw, found.positions[which[:MAX_EXAMPLES]])
        stats = output.commit_copy(raw, **footer) if is_copied else output.commit(**footer)
        return DedupedBuildResult(stats, raw.rows, len(found), len(which), examples)


def _open_earlier(lake: Lake, day: date, ids: _Ids, known: KnownIds) -> "list[_EarlierDay]":
    """Return the earlier days that may have copies; damage may have been found in one since."""
    days = known.ids.overlapping(day, ids)
    if any(lake.is_marked_damaged(known.tables[each], each) for each in days):
        known = read_known_ids(lake, known.floors)
        days = known.ids.overlapping(day, ids)
    return [_EarlierDay(lake, each, known.tables[each]) for each in days]


class _EarlierDay:
    """An earlier day that may have copies, opened only while it is read: there may be hundreds."""

    def __init__(self, lake: Lake, day: date, table: str) -> None:
        self._lake, self._table = lake, table
        self.day = day
        self.source: str | None = None
        """The fingerprint of its raw_updates in the version that was read; None if it is gone."""
        self._is_read = False

    @property
    def has_contents(self) -> bool:
        return self._table == RAW_UPDATES.name

    def keys(self) -> Iterator[pa.RecordBatch]:
        return self._rows(KEY_COLUMNS, PROJECTED_ROWS)

    def contents(self) -> Iterator[pa.RecordBatch]:
        return self._rows(CONTENT_COLUMNS, BATCH_ROWS)

    def _rows(self, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
        with self._lake.open(self._table, self.day) as partition:
            source = _raw_fingerprint(partition.metadata) if partition.exists else None
            if self._is_read and source != self.source:
                raise ReplacedError(
                    f"{self._table} of {self.day} was replaced while it was being read: try again."
                )
            self.source, self._is_read = source, True
            yield from partition.batches(columns, rows)


def _ids_of(raw: Partition) -> _Ids:
    stated = _stated_ids(raw.metadata)
    return decode_update_ids(_count_ids(raw)) if stated is None else stated


def _keys_at(raw: Partition, positions: Integers) -> tuple[tuple[int, int], ...]:
    """Return the bot and the update id of the rows at some positions."""
    if not len(positions):
        return ()
    keys = pa.Table.from_batches(raw.project(KEY_COLUMNS)).take(pa.array(positions))
    return tuple(zip(keys["bot_id"].to_pylist(), keys["update_id"].to_pylist(), strict=True))


def deduped_built_from(raw: str, copies: Mapping[date, str]) -> str:
    """Return the input fingerprint of a day's deduped_updates.

    It has the fingerprint of its `raw` rows, and those of earlier days that may have copies: nearly
    always none.
    """
    days = "".join(f" {day}:{copies[day][:DAY_CHARACTERS]}" for day in sorted(copies))
    return f"{raw} after{days}" if days else raw


def _earlier_days(source: str) -> dict[date, str]:
    """Return the earlier days of an input fingerprint, with the characters that it has of each."""
    days = (each.partition(":") for each in source.split()[2:])
    return {date.fromisoformat(day): found for day, colon, found in days if colon}


# deduped_updates → enriched_updates


@dataclass(frozen=True, slots=True)
class EnrichedBuildResult:
    """The outcome of building a day's enriched_updates."""

    enriched: PartitionStats
    deduped_rows: int
    """Rows of the day's deduped_updates."""
    shadowed: int
    """Of these, calls and exported messages that the day has from a better origin."""
    fields_nulled: int
    """Fields whose value could not be read."""
    drift: tuple[Drift, ...]
    """What no column reads, although it is not documented."""


@dataclass(frozen=True, slots=True)
class EnrichedRows:
    """Some of a day's rows of enriched_updates, and what no column reads of them."""

    rows: pa.RecordBatch
    drift: tuple[Drift, ...]
    """In the order in which it was found."""


@dataclass(frozen=True, slots=True)
class RowMarks:
    """What is known of each row of a day of deduped_updates from the others; None if of none."""

    is_copy: pa.Array | None = None
    """Whether another bot also received the event: see `copies`."""
    is_shadowed: pa.Array | None = None
    """Whether the row is left out: see `shadowed`."""

    def slice(self, first: int, rows: int) -> "RowMarks":
        """Return those of some rows."""
        marks = (self.is_copy, self.is_shadowed)
        return RowMarks(*(None if each is None else each.slice(first, rows) for each in marks))


class Enrichment(Protocol):
    """How the rows of a day of deduped_updates are enriched: here, or elsewhere."""

    def shared_events(self, deduped: Partition) -> pa.Table:
        """Return the SHARED_EVENTS of a day with several bots."""

    def enriched(
        self, deduped: Partition, marks: RowMarks, rules: PersonalDataRules
    ) -> Iterable[EnrichedRows]:
        """Return the rows of enriched_updates in their order."""


class EnrichmentInThisProcess:
    """Enriches one batch after another."""

    def shared_events(self, deduped: Partition) -> pa.Table:
        """Return the SHARED_EVENTS of a day."""
        return shared_events(deduped.batches(COPY_COLUMNS))[0]

    def enriched(
        self, deduped: Partition, marks: RowMarks, rules: PersonalDataRules
    ) -> Iterator[EnrichedRows]:
        """Yield the rows of enriched_updates."""
        return enrich_batches(deduped.batches(ENRICHED_FROM), marks, rules)


ENRICHED_FROM: Final = ["update_type", "received_at", "bot_id", "update_id", "payload"]
"""The columns of deduped_updates that enriched_updates is made from."""


def enrich_batches(
    batches: Iterable[pa.RecordBatch], marks: RowMarks, rules: PersonalDataRules
) -> Iterator[EnrichedRows]:
    """Yield the rows of enriched_updates of the ENRICHED_FROM, with the marks of these rows."""
    accounts = ENRICHED_UPDATES.columns_with(Role.ACCOUNT)
    offset = 0
    for every_row in batches:
        drift, batch = DriftCounter(), every_row
        own = marks.slice(offset, batch.num_rows)
        is_copy = own.is_copy
        offset += batch.num_rows
        if own.is_shadowed is not None:
            is_kept = pc.invert(own.is_shadowed)
            batch = batch.filter(is_kept)
            is_copy = None if is_copy is None else is_copy.filter(is_kept)
        known = without_erased_ids(enrich(batch, drift, is_copy), accounts)
        yield EnrichedRows(rules.apply(known), drift.in_order())


IN_THIS_PROCESS: Final = EnrichmentInThisProcess()


def build_enriched_updates(
    lake: Lake, day: date, parameters: LayerParameters, enrichment: Enrichment = IN_THIS_PROCESS
) -> EnrichedBuildResult:
    """Write a day's enriched_updates from its deduped_updates."""
    fields_nulled = shadowed = 0
    with (
        lake.open(DEDUPED_UPDATES.name, day) as deduped,
        lake.writer(ENRICHED_UPDATES.name, day, ENRICHED_UPDATES.schema) as output,
    ):
        drift, ids = DriftCounter(), UpdateIdCounter()
        is_copy = is_shadowed = None
        # The payloads of a day of a single bot, with updates only, are read once.
        if has_several_bots(deduped.project(["bot_id"])):
            is_copy = marks_of(enrichment.shared_events(deduped), deduped.rows)
        if has_synthetic(deduped.project(["update_id"])):
            is_shadowed = mark_shadowed(deduped.batches(SHADOW_COLUMNS))
            shadowed = is_shadowed.true_count
        marks = RowMarks(is_copy, is_shadowed)
        for each in enrichment.enriched(deduped, marks, parameters.personal_data):
            ids.add(each.rows)
            drift.add(each.drift)
            fields_nulled += pc.sum(each.rows["fields_nulled"]).as_py() or 0
            output.write(each.rows)
        source = enriched_built_from(deduped.metadata.get(BUILT_FROM, ""), parameters)
        footer = {
            BUILT_FROM: source,
            TIMEZONE: parameters.timezone,
            UPDATE_IDS: ids.encode(),
            SHADOWED: str(shadowed),
        }
        enriched = output.commit(**footer)
        return EnrichedBuildResult(enriched, deduped.rows, shadowed, fields_nulled, drift.found())


def can_build_enriched(lake: FooterSource, day: date, floors: Floors) -> bool:
    """Return whether a day of enriched_updates is kept, and so is what it is built from."""
    return floors.keeps(TableGroup.ENRICHED, day) and has_raw(lake, day, floors)


def enriched_built_from(deduped: str, parameters: LayerParameters) -> str:
    """Return the input fingerprint of a day's enriched_updates, from that of its deduped_updates.

    It contains the names and types of the columns, and the version of the rules that fill them, so
    that days built by an earlier release are stale; and the rules for personal data.
    """
    rules = parameters.personal_data.fingerprint
    raw, _, earlier = deduped.partition(" ")
    if earlier:
        raw += f" after {hashlib.sha256(earlier.encode()).hexdigest()[:FINGERPRINT_CHARACTERS]}"
    return f"{raw} as {ENRICHMENT_VERSION}-{_ENRICHED_COLUMNS}" + (f" {rules}" if rules else "")


_ENRICHED_COLUMNS: Final = hashlib.sha256(
    " ".join(f"{field.name}:{field.type}" for field in ENRICHED_UPDATES.schema).encode()
).hexdigest()[:FINGERPRINT_CHARACTERS]
"""A digest of the names and types of the columns of enriched_updates."""


# Conservation counts: rows in = rows out


@dataclass(frozen=True, slots=True)
class Conservation:
    """The rows that went into a partition, and the rows accounted for in its output."""

    day: PartitionName
    input_rows: int
    output_rows: int

    @property
    def holds(self) -> bool:
        """Whether no row was lost and none was added."""
        return self.input_rows == self.output_rows


def raw_conservation(day: date, built: RawBuildResult) -> Conservation:
    """Return the counts of: landed lines = raw rows + quarantined rows + suppressed lines.

    The number of lines of an object without any row is unknown; such an object counts as one line.
    """
    landed = built.lines + built.objects_missing
    return Conservation(day, landed, built.raw.rows + built.quarantined.rows + built.suppressed)


def deduped_conservation(day: date, built: DedupedBuildResult) -> Conservation:
    """Return the counts of: raw rows = deduped rows + duplicates."""
    return Conservation(day, built.raw_rows, built.deduped.rows + built.duplicates)


def enriched_conservation(day: date, built: EnrichedBuildResult) -> Conservation:
    """Return the counts of: deduped rows = enriched rows + shadowed rows."""
    return Conservation(day, built.deduped_rows, built.enriched.rows + built.shadowed)
