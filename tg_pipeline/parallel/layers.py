"""The layers of a day, with their rows made by tasks: what the build itself does for that."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from lambda_ingest.privacy.suppression import Tombstones
from tg_pipeline.builds.layers import EnrichedRows, RowMarks
from tg_pipeline.builds.raw_updates import BUILT_FROM, LandingSource, SplitLines
from tg_pipeline.lake.partitions import Partition
from tg_pipeline.layers.copies import SHARED_EVENTS
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched.pseudonyms import PersonalDataRules
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline.parallel.tasks import (
    READ_COLUMNS,
    ROWS,
    EnrichRange,
    EnrichTask,
    RowGroups,
    SharedEventsTask,
    SplitTask,
    Task,
    TaskReport,
    to_ipc,
)


class TaskRunner(Protocol):
    """What runs tasks, a few ahead of who reads their rows."""

    def run(self, task: Task, ranges: Iterable[bytes]) -> Iterator[TaskReport]:
        """Run a task for each range, and yield the reports in the order of the ranges.

        Who takes a report reads its rows. Raises StoreError.
        """

    def rows(self, report: TaskReport, name: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a shard, which is removed then; raises StoreError."""


@dataclass(frozen=True, slots=True)
class TaskSize:
    """How much a task reads: by default what takes a second or two."""

    objects: int = 2_000
    bytes: int = 8 * 1024 * 1024
    """Of landed objects, if reached first."""
    rows: int = 60_000
    """Of row groups, which are not split."""


A_SECOND_OR_TWO: Final = TaskSize()


@dataclass(frozen=True, slots=True)
class SplitByTasks:
    """Reads landed objects by tasks: one of the SplitObjects."""

    runner: TaskRunner
    landing_uri: str
    size: TaskSize = A_SECOND_OR_TWO

    def __call__(
        self, landing: LandingSource, objects: pa.Table, tombstones: Tombstones
    ) -> Iterator[SplitLines]:
        """Yield the lines of the objects in their order; raises StoreError."""
        task = SplitTask(self.landing_uri, landing.bot_id, tombstones)
        ranges = (to_ipc(each) for each in self._ranges(objects.select(READ_COLUMNS)))
        no_raw, none_bad = (_no_rows(layer.schema) for layer in (RAW_UPDATES, QUARANTINE))
        for report in self.runner.run(task, ranges):
            for raw in self.runner.rows(report, RAW_UPDATES.name):
                yield SplitLines(raw, none_bad, 0, {}, ())
            for bad in self.runner.rows(report, QUARANTINE.name):
                yield SplitLines(no_raw, bad, 0, {}, ())
            yield SplitLines(no_raw, none_bad, report.lines, report.suppressed, report.redacted)

    def _ranges(self, objects: pa.Table) -> Iterator[pa.Table]:
        """Yield consecutive objects; an object is never split."""
        start = 0
        while start < len(objects):
            some = objects.slice(start, self.size.objects)
            before = pc.subtract(pc.cumulative_sum(some["size"]), some["size"])
            count = pc.sum(pc.less(before, self.size.bytes)).as_py()
            yield some.slice(0, count)
            start += count


@dataclass(frozen=True, slots=True)
class EnrichByTasks:
    """Enriches row groups by tasks: an Enrichment."""

    runner: TaskRunner
    day: date
    size: TaskSize = A_SECOND_OR_TWO

    def shared_events(self, deduped: Partition) -> pa.Table:
        """Return the SHARED_EVENTS of the day; raises StoreError."""
        groups = row_groups(deduped, DEDUPED_UPDATES.name, self.day, self.size.rows)
        found = [
            batch
            for report in self.runner.run(SharedEventsTask(), map(msgspec.msgpack.encode, groups))
            for batch in self.runner.rows(report, ROWS)
        ]
        return pa.Table.from_batches(found, schema=SHARED_EVENTS)

    def enriched(
        self, deduped: Partition, marks: RowMarks, rules: PersonalDataRules
    ) -> Iterator[EnrichedRows]:
        """Yield the rows of enriched_updates in their order; raises StoreError."""
        groups = row_groups(deduped, DEDUPED_UPDATES.name, self.day, self.size.rows)
        rows = deduped.group_rows
        ranges = (EnrichRange(each, _marks(marks, each, rows)) for each in groups)
        for report in self.runner.run(EnrichTask(rules), map(msgspec.msgpack.encode, ranges)):
            rows_of_task = self.runner.rows(report, ROWS)
            for batch, drift in zip(rows_of_task, report.drift, strict=True):
                yield EnrichedRows(batch, drift)


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=schema)


def _marks(marks: RowMarks, groups: RowGroups, rows: list[int]) -> bytes | None:
    own = marks.slice(groups.first_row, sum(rows[groups.first_group : groups.end_group]))
    columns = {"is_copy": own.is_copy, "is_shadowed": own.is_shadowed}
    known = {name: column for name, column in columns.items() if column is not None}
    return to_ipc(pa.table(known)) if known else None


def row_groups(part: Partition, table: str, day: date, task_rows: int) -> Iterator[RowGroups]:
    """Yield the row groups of a partition, as many at a time as reach a number of rows."""
    built_from = part.metadata.get(BUILT_FROM, "")
    group_rows = part.group_rows
    first = first_row = rows = 0
    for group, count in enumerate(group_rows, 1):
        rows += count
        if rows >= task_rows or group == len(group_rows):
            yield RowGroups(table, day, built_from, part.rows, first, group, first_row)
            first, first_row, rows = group, first_row + rows, 0
