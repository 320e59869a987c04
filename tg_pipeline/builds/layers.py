"""How a day is built: landed objects → raw_updates → deduped_updates → enriched_updates.

Each function builds one table's day, reads its input from the landing zone or the lake, and records
in the new partition's footer what it was built from, and the time zone that defined the day. The
last functions check that no row was lost.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from obstore.store import ObjectStore

from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.lake.fingerprints import FINGERPRINT_CHARACTERS, RowHasher
from tg_pipeline.lake.landing_arrivals import read_journals, with_arrivals
from tg_pipeline.lake.landing_reader import read_objects
from tg_pipeline.lake.landing_state import ReadListing, read_state, write_state
from tg_pipeline.lake.landing_zone import (
    OBJECTS,
    list_objects,
    listing_fingerprint,
    not_in,
    remove_stale_temp_files,
)
from tg_pipeline.lake.partitions import Lake, Partition, PartitionStats, PartitionWriter
from tg_pipeline.layers.batches import Merge
from tg_pipeline.layers.copies import COPY_COLUMNS, has_several_bots, mark_copies
from tg_pipeline.layers.deduped_updates import (
    DEDUPED_UPDATES,
    KEY_COLUMNS,
    ReadKeys,
    drop_rows,
    duplicate_positions,
)
from tg_pipeline.layers.drift import Drift, DriftCounter
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES, ENRICHMENT_VERSION
from tg_pipeline.layers.enriched_updates import enrich
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES, split

BUILT_FROM: Final = "built_from"
"""The footer key for the fingerprint of a partition's input."""

TIMEZONE: Final = "timezone"
"""The footer key for the time zone that defined the day (`TG_TIMEZONE`)."""

DUPLICATES: Final = "duplicates"
"""The footer key for the number of raw rows that deduped_updates left out."""


# landing → raw_updates and quarantine


@dataclass(frozen=True, slots=True)
class RawBuildResult:
    """The outcome of building a day's raw_updates and quarantine."""

    raw: PartitionStats
    quarantined: PartitionStats
    objects: int
    """Objects landed on that day."""
    objects_read: int
    """Objects fetched by this build."""
    lines: int
    """Lines landed on that day: read by earlier builds, and by this one."""
    objects_missing: int
    """Landed objects without any row in the result: 0, unless rows were lost."""


@dataclass(frozen=True, slots=True)
class LandingSource:
    """A landing zone to read from."""

    store: ObjectStore
    bot_id: int
    """The bot of objects whose name has no bot id."""


def build_raw_updates(
    landing: LandingSource,
    lake: Lake,
    day: date,
    parameters: LayerParameters,
    *,
    full: bool = False,
) -> RawBuildResult:
    """Merge a day's landed objects that are not read yet into its raw_updates and quarantine.

    With `full`, all objects are read again.
    """
    remove_stale_temp_files(landing.store, day)
    objects = list_objects(landing.store, day)
    fingerprint = listing_fingerprint(objects)
    with _open_previous(lake, day, objects, fingerprint, full=full) as previous:
        built = _BuiltDay(
            PartitionStats(previous.raw.rows, previous.raw.bytes),
            PartitionStats(previous.quarantine.rows, previous.quarantine.bytes),
            previous.raw.metadata.get(BUILT_FROM, ""),
        )
        lines, lines_read = built.raw.rows + built.quarantined.rows, 0
        if previous.unread.num_rows or not previous.is_built_for(parameters.timezone):
            new_lines = _read_lines(landing, day, previous.unread)
            built, lines_read = _merge_lines(lake, day, previous, new_lines, parameters)
        listing = ReadListing(fingerprint, objects.num_rows, built.rows)
        if previous.listing != listing:
            # Last: if the build is interrupted before, the listing names other rows.
            known = pa.concat_tables([previous.known, previous.unread])
            write_state(lake, day, listing, known)
    return RawBuildResult(
        raw=built.raw,
        quarantined=built.quarantined,
        objects=objects.num_rows,
        objects_read=previous.unread.num_rows,
        lines=lines + lines_read,
        objects_missing=_count_missing(lake, day, objects),
    )


@dataclass(frozen=True, slots=True)
class _BuiltDay:
    """What raw_updates and quarantine hold."""

    raw: PartitionStats
    quarantined: PartitionStats
    rows: str
    """The fingerprint of the rows of both."""


@dataclass(frozen=True, slots=True)
class _PreviousBuild:
    """A day as an earlier build left it; without rows if the build starts over."""

    raw: Partition
    quarantine: Partition
    listing: ReadListing | None
    known: pa.Table
    """The landed objects whose rows are in it."""
    unread: pa.Table
    """The landed objects that are to be merged into it."""

    def is_built_for(self, timezone: str) -> bool:
        """Return whether both tables exist, and were built with a time zone."""
        parts = (self.raw, self.quarantine)
        return all(part.metadata.get(TIMEZONE) == timezone for part in parts)


@contextmanager
def _open_previous(
    lake: Lake, day: date, objects: pa.Table, fingerprint: str, *, full: bool
) -> Iterator[_PreviousBuild]:
    """Open the result of an earlier build, if it can be extended; otherwise start over.

    `fingerprint` is that of the listing of `objects`.

    raw_updates, quarantine and the listing are one state in three objects, and each names the rows
    of the two tables. If these differ, a build was interrupted, or two builds were mixed. An object
    that was rewritten after it was read also requires to start over: its old rows go.
    """
    absent = Partition.absent()
    nothing = _PreviousBuild(absent, absent, None, OBJECTS.empty_table(), objects)
    if full:
        yield nothing
        return
    with lake.open(RAW_UPDATES.name, day) as raw, lake.open(QUARANTINE.name, day) as quarantine:
        state = read_state(lake, day)
        named = {part.metadata.get(BUILT_FROM) for part in (raw, quarantine)}
        if state is None or named != {state[0].rows}:
            yield nothing
            return
        listing, known = state
        is_same = listing.fingerprint == fingerprint
        unread = objects.slice(0, 0) if is_same else not_in(objects, known)
        was_rewritten = pc.any(pc.is_in(unread["object_key"], value_set=known["object_key"]))
        yield (
            nothing
            if was_rewritten.as_py()
            else _PreviousBuild(raw, quarantine, listing, known, unread)
        )


def _read_lines(landing: LandingSource, day: date, objects: pa.Table) -> Iterator[pa.RecordBatch]:
    if objects.num_rows:
        arrived = with_arrivals(objects, read_journals(landing.store, day))
        yield from read_objects(landing.store, arrived, bot_id=landing.bot_id)


def _merge_lines(
    lake: Lake,
    day: date,
    previous: _PreviousBuild,
    lines: Iterable[pa.RecordBatch],
    parameters: LayerParameters,
) -> tuple[_BuiltDay, int]:
    """Write both tables; return what they hold, and the number of new lines."""
    with (
        lake.writer(RAW_UPDATES.name, day, RAW_UPDATES.schema) as raw,
        lake.writer(QUARANTINE.name, day, QUARANTINE.schema) as quarantine,
    ):
        hashers = _row_hashers()
        outputs = (
            (Merge(previous.raw.batches()), raw, hashers[0]),
            (Merge(previous.quarantine.batches()), quarantine, hashers[1]),
        )
        lines_read = 0
        for batch in lines:
            lines_read += batch.num_rows
            for (merge, writer, hasher), rows in zip(outputs, split(batch), strict=True):
                _write_all(writer, hasher, merge.push(rows))
        for merge, writer, hasher in outputs:
            _write_all(writer, hasher, merge.rest())
        fingerprint = _rows_fingerprint(hashers)
        footer = {BUILT_FROM: fingerprint, TIMEZONE: parameters.timezone}
        # If the build is interrupted between the two, the footers differ, and the day starts over.
        quarantined = quarantine.commit(**footer)
        return _BuiltDay(raw.commit(**footer), quarantined, fingerprint), lines_read


def _write_all(
    writer: PartitionWriter, hasher: RowHasher, batches: Iterable[pa.RecordBatch]
) -> None:
    for batch in batches:
        hasher.update(batch)
        writer.write(batch)


def _row_hashers() -> tuple[RowHasher, RowHasher]:
    """Return new hashers of raw_updates and of quarantine.

    The columns that may be null are left out: they follow from the payload.
    """
    raw, quarantine = (
        RowHasher([field.name for field in layer.schema if not field.nullable])
        for layer in (RAW_UPDATES, QUARANTINE)
    )
    return raw, quarantine


def _rows_fingerprint(hashers: tuple[RowHasher, RowHasher]) -> str:
    """Return the fingerprint of a day's rows, the same for every copy of the landing zone."""
    return "-".join(hasher.fingerprint() for hasher in hashers)


EMPTY_FINGERPRINT: Final = _rows_fingerprint(_row_hashers())
"""The fingerprint of a day without rows, and of a day that was never built."""


def _count_missing(lake: Lake, day: date, objects: pa.Table) -> int:
    """Count the landed objects without a row: each has at least one, if only in quarantine."""
    with lake.open(RAW_UPDATES.name, day) as raw, lake.open(QUARANTINE.name, day) as quarantine:
        keys = [
            batch["object_key"].unique()
            for partition in (raw, quarantine)
            for batch in partition.project(["object_key"])
        ]
    has_row = pc.is_in(objects["object_key"], value_set=pa.chunked_array(keys, pa.string()))
    return len(objects.filter(pc.invert(has_row)))


def raw_built_from(lake: Lake, day: date) -> str:
    """Return the fingerprint in the footer of a day's raw_updates: that of its rows."""
    footer = lake.footer_or_raise(RAW_UPDATES.name, day)
    return footer.metadata.get(BUILT_FROM, EMPTY_FINGERPRINT) if footer else EMPTY_FINGERPRINT


# raw_updates → deduped_updates


@dataclass(frozen=True, slots=True)
class DedupedBuildResult:
    """The outcome of building a day's deduped_updates."""

    deduped: PartitionStats
    raw_rows: int
    """Rows of the day's raw_updates."""
    duplicates: int
    """Of these, copies of an update that landed earlier on that day, or on the day before."""


def build_deduped_updates(lake: Lake, day: date, parameters: LayerParameters) -> DedupedBuildResult:
    """Write a day's deduped_updates from the raw_updates of that day and of the day before."""
    with (
        lake.open(RAW_UPDATES.name, day) as raw,
        lake.open(RAW_UPDATES.name, day - timedelta(days=1)) as day_before,
        lake.writer(DEDUPED_UPDATES.name, day, DEDUPED_UPDATES.schema) as output,
    ):
        duplicates = duplicate_positions(
            _key_reader(raw), _key_reader(day_before), raw.rows + day_before.rows
        )
        for batch in drop_rows(raw.batches(), duplicates):
            output.write(batch)
        source = deduped_built_from(
            *(part.metadata.get(BUILT_FROM, EMPTY_FINGERPRINT) for part in (raw, day_before))
        )
        footer = {
            BUILT_FROM: source,
            TIMEZONE: parameters.timezone,
            DUPLICATES: str(len(duplicates)),
        }
        return DedupedBuildResult(output.commit(**footer), raw.rows, len(duplicates))


def deduped_built_from(raw: str, day_before: str) -> str:
    """Return the input fingerprint of a day's deduped_updates, from those of both raw_updates."""
    return f"{raw} after {day_before}"


def _key_reader(partition: Partition) -> ReadKeys:
    return lambda: partition.project(KEY_COLUMNS)


# deduped_updates → enriched_updates


@dataclass(frozen=True, slots=True)
class EnrichedBuildResult:
    """The outcome of building a day's enriched_updates."""

    enriched: PartitionStats
    deduped_rows: int
    """Rows of the day's deduped_updates."""
    fields_nulled: int
    """Fields whose value could not be read."""
    drift: tuple[Drift, ...]
    """What no column reads, although it is not documented."""


def build_enriched_updates(
    lake: Lake, day: date, parameters: LayerParameters
) -> EnrichedBuildResult:
    """Write a day's enriched_updates from its deduped_updates."""
    fields_nulled = 0
    with (
        lake.open(DEDUPED_UPDATES.name, day) as deduped,
        lake.writer(ENRICHED_UPDATES.name, day, ENRICHED_UPDATES.schema) as output,
    ):
        drift = DriftCounter()
        marks = _copy_marks(deduped)
        offset = 0
        for batch in deduped.batches(
            ["update_type", "received_at", "bot_id", "update_id", "payload"]
        ):
            rows = enrich(
                batch, drift, None if marks is None else marks.slice(offset, batch.num_rows)
            )
            offset += batch.num_rows
            fields_nulled += pc.sum(rows["fields_nulled"]).as_py() or 0
            output.write(rows)
        source = enriched_built_from(deduped.metadata.get(BUILT_FROM, ""))
        enriched = output.commit(**{BUILT_FROM: source, TIMEZONE: parameters.timezone})
        return EnrichedBuildResult(enriched, deduped.rows, fields_nulled, drift.found())


def _copy_marks(deduped: Partition) -> pa.Array | None:
    """Return which rows are copies; None on a day of a single bot, whose payloads are read once."""
    if not has_several_bots(deduped.project(["bot_id"])):
        return None
    return mark_copies(deduped.batches(COPY_COLUMNS))


def enriched_built_from(deduped: str) -> str:
    """Return the input fingerprint of a day's enriched_updates, from that of its deduped_updates.

    It contains the names and types of the columns, and the version of the rules that fill them, so
    that days built by an earlier release are stale.
    """
    columns = " ".join(f"{field.name}:{field.type}" for field in ENRICHED_UPDATES.schema)
    digest = hashlib.sha256(columns.encode()).hexdigest()[:FINGERPRINT_CHARACTERS]
    return f"{deduped} as {ENRICHMENT_VERSION}-{digest}"


# Conservation counts: rows in = rows out


@dataclass(frozen=True, slots=True)
class Conservation:
    """The rows that went into a day of a table, and the rows accounted for in its output."""

    day: date | None
    """None for a table without days."""
    input_rows: int
    output_rows: int

    @property
    def holds(self) -> bool:
        """Whether no row was lost and none was added."""
        return self.input_rows == self.output_rows


def raw_conservation(day: date, built: RawBuildResult) -> Conservation:
    """Return the counts of: landed lines = raw rows + quarantined rows.

    The number of lines of an object without any row is unknown; such an object counts as one line.
    """
    landed = built.lines + built.objects_missing
    return Conservation(day, landed, built.raw.rows + built.quarantined.rows)


def deduped_conservation(day: date, built: DedupedBuildResult) -> Conservation:
    """Return the counts of: raw rows = deduped rows + duplicates."""
    return Conservation(day, built.raw_rows, built.deduped.rows + built.duplicates)


def enriched_conservation(day: date, built: EnrichedBuildResult) -> Conservation:
    """Return the counts of: deduped rows = enriched rows."""
    return Conservation(day, built.deduped_rows, built.enriched.rows)
