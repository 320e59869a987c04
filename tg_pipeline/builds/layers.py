"""How a day is built: landed objects → raw_updates → deduped_updates → enriched_updates.

Each function builds one table's day, reads its input from the landing zone or the lake, and records
in the new partition's footer what it was built from. The last functions check that no row was lost.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from obstore.store import ObjectStore

from tg_pipeline.lake.landing_reader import read_objects
from tg_pipeline.lake.landing_zone import (
    adds_up,
    list_objects,
    listing_fingerprint,
    not_yet_read,
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
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.enriched_updates import enrich
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES, split

BUILT_FROM: Final = "built_from"
"""The footer key for the fingerprint of a partition's input."""

DUPLICATES: Final = "duplicates"
"""The footer key for the number of raw rows that deduped_updates left out."""

EMPTY_FINGERPRINT: Final = "0:0:0"
"""The listing fingerprint of a day without landed objects, and of a day that was never built."""

OBJECT_VERSION: Final = ["object_key", "received_at"]
"""The columns that identify a version of a landed object."""


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
    listing: str
    """The fingerprint of the listing of the landing zone that was used."""


def build_raw_updates(
    landing: ObjectStore, lake: Lake, day: date, *, bot_id: int, full: bool = False
) -> RawBuildResult:
    """Merge a day's landed objects that are not read yet into its raw_updates and quarantine.

    With `full`, all objects are read again. `bot_id` is used for objects whose name has no bot id.
    """
    remove_stale_temp_files(landing, day)
    objects = list_objects(landing, day)
    listing = listing_fingerprint(objects)
    with _open_previous(lake, day, objects, full=full) as previous:
        raw = PartitionStats(previous.raw.rows, previous.raw.bytes)
        quarantined = PartitionStats(previous.quarantine.rows, previous.quarantine.bytes)
        lines, objects_read = raw.rows + quarantined.rows, 0
        if previous.listing != listing:
            new_lines = read_objects(landing, previous.unread, bot_id=bot_id)
            raw, quarantined, lines_read = _merge_lines(lake, day, previous, new_lines, listing)
            lines, objects_read = lines + lines_read, previous.unread.num_rows
    return RawBuildResult(
        raw=raw,
        quarantined=quarantined,
        objects=objects.num_rows,
        objects_read=objects_read,
        lines=lines,
        objects_missing=_count_missing(lake, day, objects),
        listing=listing,
    )


@dataclass(frozen=True, slots=True)
class _PreviousBuild:
    """A day as an earlier build left it; without rows if the build starts over."""

    raw: Partition
    quarantine: Partition
    unread: pa.Table
    """The landed objects that are to be merged into it."""

    @property
    def listing(self) -> str | None:
        return self.raw.metadata.get(BUILT_FROM)


@contextmanager
def _open_previous(
    lake: Lake, day: date, objects: pa.Table, *, full: bool
) -> Iterator[_PreviousBuild]:
    """Open the result of an earlier build, if it can be extended; otherwise start over.

    raw_updates and quarantine are one state in two objects, so both footers have the fingerprint of
    the listing that they were built from. If these differ, a build was interrupted between the two.
    An object that was rewritten after it was read also requires to start over: its old rows go.
    """
    nothing = _PreviousBuild(Partition.absent(), Partition.absent(), objects)
    if full:
        yield nothing
        return
    with lake.open(RAW_UPDATES.name, day) as raw, lake.open(QUARANTINE.name, day) as quarantine:
        if raw.metadata.get(BUILT_FROM) != quarantine.metadata.get(BUILT_FROM):
            yield nothing
        elif raw.metadata.get(BUILT_FROM) == listing_fingerprint(objects):
            yield _PreviousBuild(raw, quarantine, objects.slice(0, 0))
        else:
            known = _read_versions(raw, quarantine)
            previous = _PreviousBuild(raw, quarantine, not_yet_read(objects, known))
            yield nothing if _has_rewritten_object(previous, objects, known) else previous


def _read_versions(raw: Partition, quarantine: Partition) -> pa.Table:
    """Return the versions of landed objects that have rows in a day, one row each."""
    parts = [
        pa.Table.from_batches([batch]).group_by(OBJECT_VERSION, use_threads=False).aggregate([])
        for partition in (raw, quarantine)
        for batch in partition.project(OBJECT_VERSION)
    ]
    schema = RAW_UPDATES.schema
    empty = pa.schema([schema.field(name) for name in OBJECT_VERSION]).empty_table()
    return pa.concat_tables([empty, *parts]).group_by(OBJECT_VERSION).aggregate([])


def _has_rewritten_object(previous: _PreviousBuild, objects: pa.Table, known: pa.Table) -> bool:
    was_read = pc.is_in(previous.unread["object_key"], value_set=known["object_key"])
    if pc.any(was_read).as_py():
        return True
    return previous.listing is not None and not adds_up(previous.listing, objects, previous.unread)


def _merge_lines(
    lake: Lake, day: date, previous: _PreviousBuild, lines: Iterable[pa.RecordBatch], listing: str
) -> tuple[PartitionStats, PartitionStats, int]:
    """Write both tables, and return what they hold and the number of new lines."""
    with (
        lake.writer(RAW_UPDATES.name, day, RAW_UPDATES.schema) as raw,
        lake.writer(QUARANTINE.name, day, QUARANTINE.schema) as quarantine,
    ):
        outputs = (
            (Merge(previous.raw.batches()), raw),
            (Merge(previous.quarantine.batches()), quarantine),
        )
        lines_read = 0
        for batch in lines:
            lines_read += batch.num_rows
            for (merge, writer), rows in zip(outputs, split(batch), strict=True):
                _write_all(writer, merge.push(rows))
        for merge, writer in outputs:
            _write_all(writer, merge.rest())
        # If the build is interrupted between the two, the footers differ, and the day starts over.
        quarantined = quarantine.commit(**{BUILT_FROM: listing})
        return raw.commit(**{BUILT_FROM: listing}), quarantined, lines_read


def _write_all(writer: PartitionWriter, batches: Iterable[pa.RecordBatch]) -> None:
    for batch in batches:
        writer.write(batch)


def _count_missing(lake: Lake, day: date, objects: pa.Table) -> int:
    """Count the landed objects without a row: each has at least one, if only in quarantine."""
    with lake.open(RAW_UPDATES.name, day) as raw, lake.open(QUARANTINE.name, day) as quarantine:
        return len(not_yet_read(objects, _read_versions(raw, quarantine)))


def raw_built_from(lake: Lake, day: date) -> str:
    """Return the fingerprint of the listing that a day's raw_updates was built from."""
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


def build_deduped_updates(lake: Lake, day: date) -> DedupedBuildResult:
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
        footer = {BUILT_FROM: source, DUPLICATES: str(len(duplicates))}
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


def build_enriched_updates(lake: Lake, day: date) -> EnrichedBuildResult:
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
        source = deduped.metadata.get(BUILT_FROM, "")
        enriched = output.commit(**{BUILT_FROM: source})
        return EnrichedBuildResult(enriched, deduped.rows, fields_nulled, drift.found())


def _copy_marks(deduped: Partition) -> pa.Array | None:
    """Return which rows are copies; None on a day of a single bot, whose payloads are read once."""
    if not has_several_bots(deduped.project(["bot_id"])):
        return None
    return mark_copies(deduped.batches(COPY_COLUMNS))


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
