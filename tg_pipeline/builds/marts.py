"""Builds marts: days and months of them that are stale, or whole tables."""

import os
import shutil
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from lambda_ingest.store import StoreError
from tg_pipeline.builds.layers import Conservation
from tg_pipeline.builds.mart_sources import (
    BEGINNING,
    CONTENT,
    GROUPS,
    MartDefinition,
    MartSources,
    SourcePartition,
    days_before,
    encode_groups,
    matches,
    read_moves,
    sending_of,
    source_partition,
)
from tg_pipeline.lake.footers import Footers
from tg_pipeline.lake.partitions import (
    DamagedPartitionError,
    Lake,
    Month,
    PartitionName,
    PartitionStats,
    partition_key,
)
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import STORED_MARTS
from tg_pipeline.marts.duckdb_engine import (
    DAY,
    EngineError,
    conservation_counts,
    create_view,
    hash_of_rows,
    open_engine,
    run_query,
)
from tg_pipeline.marts.mart import ALL_TIMES, CONTEXT, Mart, MartParameters, Sending, Span
from tg_pipeline.marts.partials import KNOWN_MOVES
from tg_pipeline.storage.parquet import Footer
from tg_pipeline.telegram.models import SUPERGROUP_BASE
from tg_pipeline.temp_folders import temp_dir

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ARROW_SCHEMA: Final = "ARROW:schema"
"""The metadata in which Arrow states the columns of a file."""

Rows = Iterator[pa.RecordBatch]


# Building


@dataclass(frozen=True, slots=True)
class MartBuildResult:
    """The outcome of building a partition of a mart."""

    partition: PartitionName
    written: PartitionStats
    is_new: bool
    """Whether it was written by this build; otherwise it was up to date already."""
    conservation: Conservation | None = None
    """The counts of its conservation rule, if it has one and was counted."""


@contextmanager
def mart_builder(lake: Lake, parameters: MartParameters) -> Iterator["MartBuilder"]:
    """Open a builder for the marts of a lake; errors of DuckDB are raised as StoreError."""
    with temp_dir() as spill_folder, lake.temp_dir() as pinned:
        try:
            with open_engine(spill_folder) as engine:
                yield MartBuilder(lake, engine, parameters, pinned)
        except EngineError as error:
            raise StoreError(f"The marts can't be built: {error}") from error


class MartBuilder:
    """Builds marts of a lake, one after another, with one DuckDB.

    The sources are those that the lake has when they are first needed, and after a damaged
    partition was met those that it has then.
    """

    def __init__(
        self,
        lake: Lake,
        engine: "DuckDBPyConnection",
        parameters: MartParameters,
        folder: Path,
    ) -> None:
        """Build marts in `lake` with the `parameters` of their queries.

        Their sources are linked or copied into a `folder`, which is on the lake's own disk.
        """
        self._lake, self._engine, self._parameters = lake, engine, parameters
        self._footers, self._pinned = Footers(lake), _PinnedSources(lake, folder)

    def build(self, mart: Mart) -> list[MartBuildResult]:
        """Build what is stale of a mart that has no partition per day; raises StoreError.

        Return its partitions, ascending. What nothing is left of is deleted. Marts that are
        damaged, and marts that this one is made from, are built, too. Raises DamagedPartitionError
        if a layer is damaged.
        """
        built = self._repairing(mart, lambda: self._build_stale(mart))
        self._footers.save()
        return built

    def build_days(self, mart: Mart, days: Sequence[date]) -> list[MartBuildResult]:
        """Build those of some days (ascending) of a daily mart that are stale; raises StoreError.

        One query makes them all: for days of a few thousand updates, most of the time is planning.
        Damage is treated as by `build`.
        """
        return self._repairing(mart, lambda: self._build_days(mart, days))

    def _repairing(
        self, mart: Mart, build: Callable[[], list[MartBuildResult]]
    ) -> list[MartBuildResult]:
        found: set[tuple[str, PartitionName]] = set()
        while True:
            try:
                return build()
            except DamagedPartitionError as error:
                self._footers = Footers(self._lake)
                self._pinned.forget()
                damaged = next((m for m in STORED_MARTS if m.name == error.layer), None)
                if damaged is None or (error.layer, error.day) in found:
                    raise
                found.add((error.layer, error.day))
                self._lake.mark_damaged(error.layer, error.day)
                if damaged is not mart and isinstance(error.day, date):
                    self.build_days(damaged, [error.day])
                elif damaged is not mart:
                    self.build(damaged)

    # Days of daily marts

    def _build_days(self, mart: Mart, days: Sequence[date]) -> list[MartBuildResult]:
        needed: dict[Table, Sequence[PartitionName]] = {
            table: [*days_before(days, mart.lookback_days)] for table in mart.sources
        }
        sources = self._pinned.open(needed)
        with self._views(sources):
            definition = MartDefinition.of(mart, self._parameters)
            expected = {day: definition.footer(sources.read_by(mart, day)) for day in days}
            stored = dict(zip(days, self._lake.footers(mart.name, days), strict=True))
            stale = [day for day in days if not matches(stored[day], expected[day])]
            stats = {
                day: PartitionStats(footer.rows, footer.bytes)
                for day, footer in stored.items()
                if footer and day not in stale
            }
            if stale:
                rows = run_query(self._engine, mart, self._parameters)
                for day, batches in rows_by_day(rows, stale):
                    with self._lake.writer(mart.name, day, mart.schema) as output:
                        for batch in batches:
                            output.write(batch)
                        stats[day] = output.commit(**expected[day])
            counts = self._count(mart, days)
        for partition, balance in counts.items():
            if not balance.holds:
                self._make_stale(mart, partition)
        if stale:
            self._forget(mart)
        return [MartBuildResult(day, stats[day], day in stale, counts.get(day)) for day in days]

    # Months of monthly marts, and whole ones

    def _build_stale(self, mart: Mart) -> list[MartBuildResult]:
        for table in mart.sources:
            if isinstance(table, Mart) and table.is_partial:
                self._build_stale(table)
        sources = MartSources(self._footers, self._parameters)
        partitions = sources.partitions(mart)
        gone = sources.superfluous(mart)
        for partition in gone:
            self._lake.remove(mart.name, partition)
        stale = sources.stale(mart)
        built = {each: self._build_partition(mart, each, sources) for each in stale}
        stored = zip(partitions, self._footers.footers(mart.name, partitions), strict=True)
        kept = {
            each: MartBuildResult(each, PartitionStats(footer.rows, footer.bytes), is_new=False)
            for each, footer in stored
            if footer and each not in built
        }
        if gone or built:
            self._forget(mart)
        return [(kept | built)[each] for each in partitions]

    def _forget(self, mart: Mart) -> None:
        """Read a mart again when it is needed, since some of it was replaced."""
        self._footers.forget(mart.name)
        self._pinned.forget(mart)

    def _build_partition(
        self, mart: Mart, partition: PartitionName, current: MartSources
    ) -> MartBuildResult:
        """Build a month, or a whole mart."""
        needed: dict[Table, Sequence[PartitionName]] = {
            table: current.read_by(mart, partition, table) for table in mart.sources
        }
        sending = Sending()
        if isinstance(partition, Month):
            sending = sending_of(partition, self._parameters.timezone)
        sources = self._pinned.open(needed)
        with self._views(sources):
            written = self._write(mart, partition, sources, sending)
            counts = self._count(mart, [partition], sending)
        conservation = counts.get(partition)
        if conservation and not conservation.holds:
            self._make_stale(mart, partition)
            if mart.is_partial:
                raise NotConservedError(mart, conservation)
        return MartBuildResult(partition, written, is_new=True, conservation=conservation)

    def _make_stale(self, mart: Mart, partition: PartitionName) -> None:
        """Keep the rows of a partition, and let the next build make and count it again."""
        with (
            self._lake.open(mart.name, partition) as stored,
            self._lake.writer(mart.name, partition, mart.schema) as output,
        ):
            for batch in stored.batches():
                output.write(batch)
            output.commit()

    def _write(
        self, mart: Mart, partition: PartitionName, sources: "_Snapshot", sending: Sending
    ) -> PartitionStats:
        beginning = _Beginning(partition, self._parameters.timezone, mart)
        groups: set[int] = set()
        has_moves = Span.MOVES in mart.spans.values()
        with self._lake.writer(mart.name, partition, mart.schema) as output:
            for batch in run_query(self._engine, mart, self._parameters, sending):
                output.write(batch)
                beginning.add(batch)
                groups.update(_groups(batch) if has_moves else ())
            metadata = MartDefinition.of(mart, self._parameters).footer(
                sources.read_by(mart, partition),
                read_moves(sources.lake, sources.footers[KNOWN_MOVES]) if has_moves else (),
                frozenset(groups),
            )
            if isinstance(partition, Month):
                metadata[CONTENT] = output.digest()
                metadata |= beginning.digest(self._engine)
                metadata |= {GROUPS: encode_groups(groups)} if has_moves else {}
            return output.commit(**metadata)

    def _count(
        self, mart: Mart, partitions: Sequence[PartitionName], sending: Sending = ALL_TIMES
    ) -> dict[PartitionName, Conservation]:
        """Return the counts of the mart's conservation rule by partition; none without a rule.

        Views of its sources must exist.
        """
        rule = mart.conservation_rule
        if rule is None:
            return {}
        with self._lake.files(mart.name, partitions) as files:
            create_view(self._engine, mart, files, is_uniform=False)
            days = [each if isinstance(each, date) else None for each in partitions]
            counts = conservation_counts(self._engine, rule, days, self._parameters, sending)
        return {
            each: Conservation(each, *pair) for each, pair in zip(partitions, counts, strict=True)
        }

    @contextmanager
    def _views(self, sources: "_Snapshot") -> Iterator[None]:
        """Create views of the tables of a snapshot."""
        for table, footers in sources.footers.items():
            schemas = {footer.metadata.get(ARROW_SCHEMA) for footer in footers.values() if footer}
            with sources.lake.files(table.name, footers, are_verified=True) as files:
                create_view(
                    self._engine,
                    table,
                    files,
                    is_uniform=len(schemas) <= 1,
                    adds_columns=not _columns(schemas).issuperset(table.columns),
                )
        yield


def _columns(schemas: Iterable[str | None]) -> set[str]:
    """Return the columns that files with these schemas, as in their metadata, have."""
    return {name for schema in schemas if schema for name in _column_names(schema)}


@cache
def _column_names(schema: str) -> list[str]:
    names: list[str] = pa.ipc.read_schema(pa.py_buffer(b64decode(schema))).names
    return names


class NotConservedError(StoreError):
    """An intermediate result has left something out, or counts something twice."""

    def __init__(self, mart: Mart, counts: Conservation) -> None:
        """Name it, and both counts."""
        rule = mart.conservation_rule
        super().__init__(
            f"{mart.name} of {counts.day} is not conserved: {counts.input_rows} rows in, "
            f"{counts.output_rows} rows out ({rule.description if rule else ''})"
        )


class _Beginning:
    """Collects the rows of a month that the month before reads as its context."""

    def __init__(self, partition: PartitionName, timezone: str, mart: Mart) -> None:
        self._batches: list[pa.RecordBatch] = []
        self._ends: datetime | None = None
        if isinstance(partition, Month) and "sent_at" in mart.columns:
            self._ends = sending_of(partition, timezone).begins + CONTEXT

    def add(self, batch: pa.RecordBatch) -> None:
        if self._ends:
            is_early = pc.less(batch["sent_at"], pa.scalar(self._ends, batch["sent_at"].type))
            self._batches.append(batch.filter(is_early))

    def digest(self, engine: "DuckDBPyConnection") -> dict[str, str]:
        """Return the metadata with their digest, if the month before reads them."""
        if not self._ends or not self._batches:
            return {}
        return {BEGINNING: hash_of_rows(engine, pa.Table.from_batches(self._batches))}


def _groups(messages: pa.RecordBatch) -> list[int]:
    """Return the chats of messages that may become supergroups."""
    chats = messages["chat_id_then"].unique().drop_null()
    is_group = pc.and_(pc.greater(chats, SUPERGROUP_BASE), pc.less(chats, 0))
    found: list[int] = chats.filter(is_group).to_pylist()
    return found


def rows_by_day(rows: Rows, days: Iterable[date]) -> Iterator[tuple[date, Rows]]:
    """Yield each day with its rows; the days must be ascending, and the rows ordered by day.

    A day may have no rows, and rows of days that are not among `days` are left out: a query with a
    lookback also returns those of earlier days.
    """
    wanted = list(days)
    groups = (each for each in groupby(_split_by_day(rows), itemgetter(0)) if each[0] in wanted)
    group_day, group = next(groups, (None, iter(())))
    for day in wanted:
        if day != group_day:
            yield day, iter(())
            continue
        yield day, (batch for _, batch in group)
        group_day, group = next(groups, (None, iter(())))


def _split_by_day(rows: Rows) -> Iterator[tuple[date, pa.RecordBatch]]:
    """Yield batches of rows of one day each, without the partition column."""
    for batch in rows:
        runs = pc.run_end_encode(batch[DAY.name])
        columns, begin = batch.drop_columns([DAY.name]), 0
        for day, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            yield day, columns.slice(begin, end - begin)
            begin = end


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The partitions that a mart is made from, in one version, with their footers."""

    lake: Lake
    footers: dict[Table, dict[PartitionName, Footer | None]]

    def read_by(self, mart: Mart, partition: PartitionName) -> list[SourcePartition]:
        """Return what a partition of a mart is made from."""
        return [
            source_partition(partition, table, each, footers[each])
            for table, footers in self.footers.items()
            for each in (
                days_before([partition], mart.lookback_days)
                if isinstance(partition, date)
                else footers
            )
        ]


class _PinnedSources:
    """Partitions of a lake in the version that it had when they were first needed.

    A partition may be replaced while a mart is built from it. So that the fingerprint in the mart's
    footer is that of the very rows it was made from, both are read from here: from hard links to a
    disk's files, and from copies of a bucket's objects. Those of marts are kept for the marts that
    come after; those of layers, which are large, as long as the same ones are needed.
    """

    def __init__(self, lake: Lake, folder: Path) -> None:
        """Pin partitions of `lake` in a folder."""
        self._lake, self._folder = lake, folder
        self._copy = Lake(folder.as_uri())
        self._footers: dict[Table, dict[PartitionName, Footer | None]] = {}

    def open(self, needed: Mapping[Table, Sequence[PartitionName]]) -> _Snapshot:
        """Return some partitions; raises StoreError, and DamagedPartitionError."""
        for table in [each for each in self._footers if not isinstance(each, Mart)]:
            self._drop(table, self._footers[table].keys() - set(needed.get(table, ())))
        for table, partitions in needed.items():
            pinned = self._footers.setdefault(table, {})
            self._pin(table, [each for each in partitions if each not in pinned])
        footers = {
            table: {each: self._footers[table][each] for each in partitions}
            for table, partitions in needed.items()
        }
        return _Snapshot(self._copy, footers)

    def forget(self, mart: Mart | None = None) -> None:
        """Pin a mart, or everything, again when it is needed."""
        for table in [each for each in self._footers if mart in {None, each}]:
            self._drop(table, set(self._footers[table]))

    def _pin(self, table: Table, partitions: Sequence[PartitionName]) -> None:
        with self._lake.files(table.name, partitions) as files:
            for file in files:
                # The last parts of the path are the partition's key.
                key = Path(*file.parts[-2 if None in partitions else -3 :])
                (self._folder / key).parent.mkdir(parents=True, exist_ok=True)
                _link_or_copy(file, self._folder / key)
        footers = self._copy.footers(table.name, partitions)
        self._footers[table].update(zip(partitions, footers, strict=True))

    def _drop(self, table: Table, partitions: Iterable[PartitionName]) -> None:
        for each in partitions:
            del self._footers[table][each]
            (self._folder / partition_key(table.name, each)).unlink(missing_ok=True)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)
