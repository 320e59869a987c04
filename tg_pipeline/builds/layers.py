"""How a day is built from its raw_updates: → deduped_updates → enriched_updates.

Each function builds one table's day and records in the new partition's footer what it was built
from, and the time zone that defined the day. The last functions check that no row was lost.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

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
from tg_pipeline.lake.fingerprints import FINGERPRINT_CHARACTERS
from tg_pipeline.lake.floors import Floors, TableGroup
from tg_pipeline.lake.partitions import Lake, Partition, PartitionStats
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
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.layers.suppression import without_erased_ids
from tg_pipeline.layers.update_ids import UPDATE_IDS, UpdateIdCounter

DUPLICATES: Final = "duplicates"
"""The footer key for the number of raw rows that deduped_updates left out."""


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
        _open_day_before(lake, day, parameters.floors) as day_before,
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


@contextmanager
def _open_day_before(lake: Lake, day: date, floors: Floors) -> Iterator[Partition]:
    """Open the raw_updates of the day before; if they expired or are damaged, its enriched_updates.

    These have the same KEY_COLUMNS, of one copy of each update.
    """
    before = day - timedelta(days=1)
    is_kept = floors.keeps(TableGroup.RAW, before)
    is_damaged = lake.is_marked_damaged(RAW_UPDATES.name, before)
    table = RAW_UPDATES if is_kept and not is_damaged else ENRICHED_UPDATES
    with lake.open(table.name, before) as partition:
        yield partition


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
        drift, ids = DriftCounter(), UpdateIdCounter()
        marks = _copy_marks(deduped)
        offset = 0
        for batch in deduped.batches(
            ["update_type", "received_at", "bot_id", "update_id", "payload"]
        ):
            flat = enrich(
                batch, drift, None if marks is None else marks.slice(offset, batch.num_rows)
            )
            known = without_erased_ids(flat, ENRICHED_UPDATES.columns)
            rows = parameters.personal_data.apply(known)
            offset += batch.num_rows
            ids.add(batch)
            fields_nulled += pc.sum(rows["fields_nulled"]).as_py() or 0
            output.write(rows)
        source = enriched_built_from(deduped.metadata.get(BUILT_FROM, ""), parameters)
        footer = {BUILT_FROM: source, TIMEZONE: parameters.timezone, UPDATE_IDS: ids.encode()}
        enriched = output.commit(**footer)
        return EnrichedBuildResult(enriched, deduped.rows, fields_nulled, drift.found())


def can_build_enriched(lake: Lake, day: date, floors: Floors) -> bool:
    """Return whether a day of enriched_updates is kept, and so is what it is built from."""
    return floors.keeps(TableGroup.ENRICHED, day) and has_raw(lake, day, floors)


def _copy_marks(deduped: Partition) -> pa.Array | None:
    """Return which rows are copies; None on a day of a single bot, whose payloads are read once."""
    if not has_several_bots(deduped.project(["bot_id"])):
        return None
    return mark_copies(deduped.batches(COPY_COLUMNS))


def enriched_built_from(deduped: str, parameters: LayerParameters) -> str:
    """Return the input fingerprint of a day's enriched_updates, from that of its deduped_updates.

    It contains the names and types of the columns, and the version of the rules that fill them, so
    that days built by an earlier release are stale; and the rules for personal data.
    """
    columns = " ".join(f"{field.name}:{field.type}" for field in ENRICHED_UPDATES.schema)
    digest = hashlib.sha256(columns.encode()).hexdigest()[:FINGERPRINT_CHARACTERS]
    rules = parameters.personal_data.fingerprint
    return f"{deduped} as {ENRICHMENT_VERSION}-{digest}" + (f" {rules}" if rules else "")


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
    """Return the counts of: landed lines = raw rows + quarantined rows + suppressed lines.

    The number of lines of an object without any row is unknown; such an object counts as one line.
    """
    landed = built.lines + built.objects_missing
    return Conservation(day, landed, built.raw.rows + built.quarantined.rows + built.suppressed)


def deduped_conservation(day: date, built: DedupedBuildResult) -> Conservation:
    """Return the counts of: raw rows = deduped rows + duplicates."""
    return Conservation(day, built.raw_rows, built.deduped.rows + built.duplicates)


def enriched_conservation(day: date, built: EnrichedBuildResult) -> Conservation:
    """Return the counts of: deduped rows = enriched rows."""
    return Conservation(day, built.deduped_rows, built.enriched.rows)
