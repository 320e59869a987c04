"""Build a day of raw, deduped, enriched; conservation counts."""

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
from tg_pipeline.layers.deduped_updates import (
    DEDUPED_UPDATES,
    KEY_COLUMNS,
    ReadKeys,
    drop,
    repeats,
)
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.enriched_updates import enrich
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES, split

BUILT_FROM: Final = "built_from"
"""The footer's name for it."""

EMPTY_FINGERPRINT: Final = "0:0:0"
"""The fingerprint of a day on which nothing landed, and of one that was never built."""


OBJECT_VERSION: Final = ["object_key", "received_at"]
"""What tells a version of a landed object."""


@dataclass(frozen=True, slots=True)
class RawBuildResult:
    """What a build of a day's raw_updates found and left."""

    raw: PartitionStats
    quarantined: PartitionStats
    objects: int
    """Objects landed that day."""
    objects_read: int
    """Objects fetched by this build."""
    lines: int
    """Lines landed that day: those that an earlier build read, and those that this one did."""
    objects_missing: int
    """Objects landed that day of which nothing stands in what was written: 0, or rows were lost."""
    listing: str
    """Fingerprint of the landing zone's listing that was used."""


@dataclass(frozen=True, slots=True)
class _Before:
    """The day as an earlier build left it; without rows where the build starts over."""

    raw: Partition
    bad: Partition
    unread: pa.Table
    """The landed objects that are to be read on top of it."""

    @property
    def listing(self) -> str | None:
        return self.raw.metadata.get(BUILT_FROM)


def _sources(raw: Partition, bad: Partition) -> pa.Table:
    """Give the landed objects that stand in a day, one row each."""
    parts = [
        pa.Table.from_batches([batch]).group_by(OBJECT_VERSION, use_threads=False).aggregate([])
        for partition in (raw, bad)
        for batch in partition.project(OBJECT_VERSION)
    ]
    schema = RAW_UPDATES.schema
    empty = pa.schema([schema.field(name) for name in OBJECT_VERSION]).empty_table()
    return pa.concat_tables([empty, *parts]).group_by(OBJECT_VERSION).aggregate([])


def build_raw_updates(
    landing: ObjectStore, lake: Lake, day: date, *, bot_id: int, full: bool = False
) -> RawBuildResult:
    """Bring a day's raw_updates and quarantine up to what has landed; `full` reads all anew.

    `bot_id` is the bot of objects whose name does not tell.
    """
    remove_stale_temp_files(landing, day)
    objects = list_objects(landing, day)
    listing = listing_fingerprint(objects)
    with _open_before(lake, day, objects, full=full) as before:
        raw, bad = (PartitionStats(part.rows, part.bytes) for part in (before.raw, before.bad))
        lines, read = raw.rows + bad.rows, 0
        if before.listing != listing:
            batches = _Counted(read_objects(landing, before.unread, bot_id=bot_id))
            raw, bad = _write(lake, day, before, batches, listing)
            lines, read = lines + batches.rows, before.unread.num_rows
    missing = _missing(lake, day, objects)
    return RawBuildResult(raw, bad, objects.num_rows, read, lines, missing, listing)


def _missing(lake: Lake, day: date, objects: pa.Table) -> int:
    """Count the landed objects that have no row: each has one at least, were it in quarantine."""
    with lake.open(RAW_UPDATES.name, day) as raw, lake.open(QUARANTINE.name, day) as bad:
        return len(not_yet_read(objects, _sources(raw, bad)))


@contextmanager
def _open_before(lake: Lake, day: date, objects: pa.Table, *, full: bool) -> Iterator[_Before]:
    """Open what an earlier build left, if it can be built upon.

    The two partitions are one state in two objects, so both footers carry the listing they were
    built from: where these differ, a build was cut off between them. And an object that was
    rewritten since it was read takes its old rows with it.
    """
    nothing = _Before(Partition.absent(), Partition.absent(), objects)
    if full:
        yield nothing
        return
    with lake.open(RAW_UPDATES.name, day) as raw, lake.open(QUARANTINE.name, day) as bad:
        if raw.metadata.get(BUILT_FROM) != bad.metadata.get(BUILT_FROM):
            yield nothing
        elif raw.metadata.get(BUILT_FROM) == listing_fingerprint(objects):
            yield _Before(raw, bad, objects.slice(0, 0))
        else:
            known = _sources(raw, bad)
            before = _Before(raw, bad, not_yet_read(objects, known))
            yield nothing if _is_rewritten(before, objects, known) else before


def _is_rewritten(before: _Before, objects: pa.Table, known: pa.Table) -> bool:
    is_read = pc.is_in(before.unread["object_key"], value_set=known["object_key"])
    if pc.any(is_read).as_py():
        return True
    return before.listing is not None and not adds_up(before.listing, objects, before.unread)


def _write(
    lake: Lake, day: date, before: _Before, lines: Iterable[pa.RecordBatch], listing: str
) -> tuple[PartitionStats, PartitionStats]:
    with (
        lake.writer(RAW_UPDATES.name, day, RAW_UPDATES.schema) as raw,
        lake.writer(QUARANTINE.name, day, QUARANTINE.schema) as bad,
    ):
        outputs = ((Merge(before.raw.batches()), raw), (Merge(before.bad.batches()), bad))
        for batch in lines:
            for (merge, writer), rows in zip(outputs, split(batch), strict=True):
                _write_all(writer, merge.push(rows))
        for merge, writer in outputs:
            _write_all(writer, merge.rest())
        quarantined = bad.commit(**{BUILT_FROM: listing})
        return raw.commit(**{BUILT_FROM: listing}), quarantined


def _write_all(writer: PartitionWriter, batches: Iterable[pa.RecordBatch]) -> None:
    for batch in batches:
        writer.write(batch)


class _Counted:
    """Batches that pass by, and how many rows they had."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._batches = batches
        self.rows = 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._batches:
            self.rows += batch.num_rows
            yield batch


def raw_built_from(lake: Lake, day: date) -> str:
    """Give the fingerprint of the listing that a day's raw_updates was built from."""
    footer = lake.footer_or_raise(RAW_UPDATES.name, day)
    return footer.metadata.get(BUILT_FROM, EMPTY_FINGERPRINT) if footer else EMPTY_FINGERPRINT


DUPLICATES: Final = "duplicates"
"""The footer's name for the number of raw rows that were left out."""


@dataclass(frozen=True, slots=True)
class DedupedBuildResult:
    """What a build of a day's deduped_updates found and left."""

    deduped: PartitionStats
    raw_rows: int
    """Rows of the day's raw_updates."""
    duplicates: int
    """Of these, copies of an update that landed earlier that day, or on the day before."""


def build_deduped_updates(lake: Lake, day: date) -> DedupedBuildResult:
    """Write a day's deduped_updates from raw_updates of that day and of the one before."""
    with (
        lake.open(RAW_UPDATES.name, day) as raw,
        lake.open(RAW_UPDATES.name, day - timedelta(days=1)) as day_before,
        lake.writer(DEDUPED_UPDATES.name, day, DEDUPED_UPDATES.schema) as output,
    ):
        dropped = repeats(_keys_of(raw), _keys_of(day_before), raw.rows + day_before.rows)
        for batch in drop(raw.batches(), dropped):
            output.write(batch)
        source = deduped_built_from(
            *(part.metadata.get(BUILT_FROM, EMPTY_FINGERPRINT) for part in (raw, day_before))
        )
        footer = {BUILT_FROM: source, DUPLICATES: str(len(dropped))}
        return DedupedBuildResult(output.commit(**footer), raw.rows, len(dropped))


def deduped_built_from(raw: str, day_before: str) -> str:
    """Give what a day's deduped_updates is built from: the sources of both days' raw_updates."""
    return f"{raw} after {day_before}"


def _keys_of(partition: Partition) -> ReadKeys:
    return lambda: partition.project(KEY_COLUMNS)


@dataclass(frozen=True, slots=True)
class EnrichedBuildResult:
    """What a build of a day's enriched_updates found and left."""

    enriched: PartitionStats
    deduped_rows: int
    """Rows of the day's deduped_updates."""
    fields_nulled: int
    """Fields whose value could not be read."""


def build_enriched_updates(lake: Lake, day: date) -> EnrichedBuildResult:
    """Write a day's enriched_updates from its deduped_updates."""
    nulled = 0
    with (
        lake.open(DEDUPED_UPDATES.name, day) as deduped,
        lake.writer(ENRICHED_UPDATES.name, day, ENRICHED_UPDATES.schema) as output,
    ):
        for batch in deduped.batches(
            ["update_type", "received_at", "bot_id", "update_id", "payload"]
        ):
            rows = enrich(batch)
            nulled += pc.sum(rows["fields_nulled"]).as_py() or 0
            output.write(rows)
        source = deduped.metadata.get(BUILT_FROM, "")
        return EnrichedBuildResult(output.commit(**{BUILT_FROM: source}), deduped.rows, nulled)


@dataclass(frozen=True, slots=True)
class Conservation:
    """Rows that went into a day of a table, and rows accounted for behind it."""

    day: date | None
    """None for a table that has no days."""
    input_rows: int
    output_rows: int

    @property
    def holds(self) -> bool:
        """Say whether nothing was lost and nothing came from nowhere."""
        return self.input_rows == self.output_rows


def raw_conservation(day: date, built: RawBuildResult) -> Conservation:
    """Landed lines = raw rows + quarantined rows.

    Of an object that has no row at all nobody knows how many lines it had; it counts as one.
    """
    landed = built.lines + built.objects_missing
    return Conservation(day, landed, built.raw.rows + built.quarantined.rows)


def deduped_conservation(day: date, built: DedupedBuildResult) -> Conservation:
    """Raw rows = deduped rows + duplicates."""
    return Conservation(day, built.raw_rows, built.deduped.rows + built.duplicates)


def enriched_conservation(day: date, built: EnrichedBuildResult) -> Conservation:
    """Deduped rows = enriched rows."""
    return Conservation(day, built.deduped_rows, built.enriched.rows)
