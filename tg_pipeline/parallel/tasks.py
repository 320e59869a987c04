"""Tasks: each reads a range of a day, and leaves its rows as shards.

A range is one of landed objects, or of row groups. The rows are made by functions of `layers/` and
`builds/`: the same that a build in one process calls.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

import msgspec
import pyarrow as pa
from obstore.store import ObjectStore

from lambda_ingest.privacy.suppression import Tombstones
from lambda_ingest.store import StoreError
from tg_pipeline.builds.layers import ENRICHED_FROM, EnrichedRows, RowMarks, enrich_batches
from tg_pipeline.builds.raw_updates import BUILT_FROM, LandingSource, split_here
from tg_pipeline.lake.partitions import DamagedPartitionError, Lake, Partition
from tg_pipeline.layers.copies import COPY_COLUMNS, SHARED_EVENTS, shared_events
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.drift import Drift
from tg_pipeline.layers.enriched.pseudonyms import PersonalDataRules
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline.parallel.shards import write_shard
from tg_pipeline.storage.errors import TransientStoreError
from tg_pipeline.storage.object_io import ReplacedError
from tg_pipeline.storage.object_store import open_object_store

READ_COLUMNS: Final = ["object_key", "received_at", "size", "sealed_in"]
"""What the reader of landed objects needs to know of each."""

ROWS: Final = "rows"
"""The name of the only shard of a task that makes one table."""


class Failure(msgspec.Struct, frozen=True):
    """A StoreError of a task, which the build raises again."""

    message: str
    is_transient: bool
    damaged: tuple[str, date, str, str] | None = None
    """Of a damaged partition: the layer, the day, the place and the reason."""

    @classmethod
    def of(cls, error: StoreError) -> "Failure":
        """Return an error as it is reported."""
        damaged = None
        if isinstance(error, DamagedPartitionError) and isinstance(error.day, date):
            damaged = (error.layer, error.day, error.place, error.reason)
        return cls(str(error), isinstance(error, TransientStoreError), damaged)

    def error(self) -> StoreError:
        """Return the error."""
        if self.damaged:
            return DamagedPartitionError(*self.damaged)
        return TransientStoreError(self.message) if self.is_transient else StoreError(self.message)


class TaskReport(msgspec.Struct, frozen=True):
    """What a task has made."""

    shards: dict[str, str] = {}
    """Their keys, by name."""
    lines: int = 0
    suppressed: dict[str, int] = {}
    redacted: list[str] = []
    """Of landed objects: see SplitLines."""
    drift: list[tuple[Drift, ...]] = []
    """Of each batch of the rows: what a counter is told apart depends on the batches before."""
    failure: Failure | None = None


Task = Callable[[Lake, "ShardPlace", bytes], TaskReport]
"""Takes the lake, the place for its shards, and what is different in each task."""


@dataclass(frozen=True, slots=True)
class ShardPlace:
    """Where a task leaves its shards."""

    lake: Lake
    """The lake itself, or a folder beside it."""
    key: str
    """The beginning of their keys."""


def run_task(task: Task, lake: Lake, place: ShardPlace, given: bytes) -> TaskReport:
    """Run a task, and return its report, also if it fails with a StoreError."""
    try:
        return task(lake, place, given)
    except StoreError as error:
        return TaskReport(failure=Failure.of(error))


def raise_failure(reports: Iterable[TaskReport]) -> None:
    """Raise the first StoreError that is among reports."""
    for report in reports:
        if report.failure:
            raise report.failure.error()


@dataclass(frozen=True, slots=True)
class SplitTask:
    """Reads landed objects: rows of raw_updates and quarantine."""

    landing_uri: str
    bot_id: int
    tombstones: Tombstones

    def __call__(self, _lake: Lake, place: ShardPlace, objects: bytes) -> TaskReport:
        """Split `objects`, a table as Arrow's IPC stream."""
        source = LandingSource(_open_landing(self.landing_uri), self.bot_id)
        keys = {layer.name: f"{place.key}-{layer.name}" for layer in (RAW_UPDATES, QUARANTINE)}
        lines, suppressed, redacted = 0, Counter[str](), set[str]()
        with ExitStack() as stack:
            write_raw, write_quarantined = (
                stack.enter_context(write_shard(place.lake, keys[layer.name], layer.schema))
                for layer in (RAW_UPDATES, QUARANTINE)
            )
            for batch in split_here(source, from_ipc(objects), self.tombstones):
                write_raw(batch.raw)
                if batch.quarantined.num_rows:
                    write_quarantined(batch.quarantined)
                lines += batch.lines
                suppressed.update(batch.suppressed)
                redacted.update(batch.redacted)
        return TaskReport(keys, lines, dict(suppressed), sorted(redacted))


@cache
def _open_landing(uri: str) -> ObjectStore:
    """Open a landing zone once per process, which keeps its connections."""
    return open_object_store(uri)


class RowGroups(msgspec.Struct, frozen=True):
    """Some row groups of a partition, in the version that the build has opened."""

    table: str
    day: date
    built_from: str
    rows: int
    """Of the whole partition."""
    first_group: int
    end_group: int
    first_row: int
    """The position of their first row."""

    def batches(self, part: Partition, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Yield the rows; raises ReplacedError if the partition was replaced in the meantime."""
        if (part.metadata.get(BUILT_FROM, ""), part.rows) != (self.built_from, self.rows):
            raise ReplacedError(
                f"{self.table} of {self.day} was replaced while it was being read: try again."
            )
        yield from part.batches(columns, groups=range(self.first_group, self.end_group))


class EnrichRange(msgspec.Struct, frozen=True):
    """Row groups of deduped_updates, and what is known of their rows."""

    groups: RowGroups
    marks: bytes | None = None
    """The RowMarks as Arrow's IPC stream; None if there are none."""


class SharedEventsTask(msgspec.Struct, frozen=True):
    """Finds the events that several bots may have received."""

    def __call__(self, lake: Lake, place: ShardPlace, task: bytes) -> TaskReport:
        """Find those of some row groups."""
        groups = msgspec.msgpack.decode(task, type=RowGroups)
        with (
            lake.open(DEDUPED_UPDATES.name, groups.day) as deduped,
            write_shard(place.lake, place.key, SHARED_EVENTS) as write,
        ):
            rows = groups.batches(deduped, COPY_COLUMNS)
            for batch in shared_events(rows, groups.first_row)[0].to_batches():
                write(batch)
        return TaskReport({ROWS: place.key})


@dataclass(frozen=True, slots=True)
class EnrichTask:
    """Makes rows of enriched_updates."""

    rules: PersonalDataRules

    def __call__(self, lake: Lake, place: ShardPlace, task: bytes) -> TaskReport:
        """Enrich some row groups."""
        found = msgspec.msgpack.decode(task, type=EnrichRange)
        marks = RowMarks()
        if found.marks:
            table = from_ipc(found.marks)
            marks = RowMarks(**{name: table[name].combine_chunks() for name in table.column_names})
        drift: list[tuple[Drift, ...]] = []
        with (
            lake.open(DEDUPED_UPDATES.name, found.groups.day) as deduped,
            write_shard(place.lake, place.key, ENRICHED_UPDATES.schema) as write,
        ):
            batches = found.groups.batches(deduped, ENRICHED_FROM)
            each: EnrichedRows
            for each in enrich_batches(batches, marks, self.rules):
                drift.append(each.drift)
                write(each.rows)
        return TaskReport({ROWS: place.key}, drift=drift)


def to_ipc(table: pa.Table) -> bytes:
    """Return a small table as bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def from_ipc(content: bytes) -> pa.Table:
    """Return the table that `to_ipc` has written."""
    with pa.ipc.open_stream(content) as stream:
        return stream.read_all()
