"""How a mart is built, and which marts are stale.

A mart's footer has a fingerprint of its definition and of the sources that it was made from, and
the parameters that its query uses. A mart is stale if any of these has changed since.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from lambda_ingest.store import StoreError
from tg_pipeline.builds.layers import Conservation
from tg_pipeline.builds.raw_updates import BUILT_FROM
from tg_pipeline.lake.fingerprints import FINGERPRINT_CHARACTERS
from tg_pipeline.lake.floors import Floors, TableGroup
from tg_pipeline.lake.footers import FooterSource
from tg_pipeline.lake.parquet import Footer
from tg_pipeline.lake.partitions import (
    DamagedPartitionError,
    Lake,
    PartitionName,
    PartitionStats,
)
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import ALL_MARTS, CUMULATIVE_MARTS, DAILY_MARTS, MAX_LOOKBACK_DAYS
from tg_pipeline.marts.duckdb_engine import (
    DAY,
    EngineError,
    conservation_counts,
    create_view,
    open_engine,
    run_query,
)
from tg_pipeline.marts.mart import Mart, MartParameters, is_daily
from tg_pipeline.temp_folders import temp_dir

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Day = date | None
"""A partition's day; None for a table without days."""

Rows = Iterator[pa.RecordBatch]


# Building


@dataclass(frozen=True, slots=True)
class MartBuildResult:
    """The outcome of building a mart, or a day of one."""

    written: PartitionStats
    is_new: bool
    """Whether it was written by this build; otherwise it was up to date already."""
    conservation: Conservation | None
    """The counts of its conservation rule, if it has one."""


@contextmanager
def mart_builder(lake: Lake, parameters: MartParameters) -> Iterator["MartBuilder"]:
    """Open a builder for the marts of a lake; errors of DuckDB are raised as StoreError."""
    with temp_dir() as spill_folder:
        try:
            with open_engine(spill_folder) as engine:
                yield MartBuilder(lake, engine, parameters)
        except EngineError as error:
            raise StoreError(f"The marts can't be built: {error}") from error


class MartBuilder:
    """Builds marts of a lake, one after another, with one DuckDB."""

    def __init__(
        self, lake: Lake, engine: "DuckDBPyConnection", parameters: MartParameters
    ) -> None:
        """Build marts in `lake` with the `parameters` of their queries."""
        self._lake, self._engine, self._parameters = lake, engine, parameters

    def build(self, mart: Mart, day: Day = None) -> MartBuildResult:
        """Build a mart, or a day of one, if it is stale; raises StoreError."""
        (built,) = self.build_days(mart, [day])
        return built

    def build_days(self, mart: Mart, days: Sequence[Day]) -> list[MartBuildResult]:
        """Build those of some days (ascending) that are stale; raises StoreError.

        One query makes them all: for days of a few thousand updates, most of the time is planning.
        Marts that are damaged, and marts that this one is made from, are stale, too. Raises
        DamagedPartitionError if a layer is damaged.
        """
        found: set[tuple[str, PartitionName]] = set()
        while True:
            try:
                return self._build_days(mart, days)
            except DamagedPartitionError as error:
                damaged = next((m for m in ALL_MARTS if m.name == error.layer), None)
                if damaged is None or (error.layer, error.day) in found:
                    raise
                found.add((error.layer, error.day))
                self._lake.mark_damaged(error.layer, error.day)
                if damaged is not mart:
                    self.build_days(damaged, [error.day if isinstance(error.day, date) else None])

    def _build_days(self, mart: Mart, days: Sequence[Day]) -> list[MartBuildResult]:
        with _open_snapshot(self._lake, mart, days) as sources:
            expected = _expected_footers(mart, _read_sources(sources, mart, days), self._parameters)
            stored = dict(zip(days, self._lake.footers(mart.name, days), strict=True))
            stale = [day for day in days if not _matches(stored[day], expected[day])]
            stats = {
                day: PartitionStats(footer.rows, footer.bytes)
                for day, footer in stored.items()
                if footer and day not in stale
            }
            if stale:
                stats |= self._write_days(mart, sources, {day: expected[day] for day in stale})
            counts = self._check_conservation(mart, sources, days)
        return [MartBuildResult(stats[day], day in stale, counts.get(day)) for day in days]

    def _write_days(
        self, mart: Mart, sources: Lake, footers: Mapping[Day, dict[str, str]]
    ) -> dict[Day, PartitionStats]:
        """Write days (ascending) of a mart, with their footers."""
        with self._source_views(mart, sources, footers):
            rows = run_query(self._engine, mart, self._parameters)
            return {
                day: self._write(mart, day, batches, footers[day])
                for day, batches in rows_by_day(rows, footers)
            }

    def _write(self, mart: Mart, day: Day, batches: Rows, footer: dict[str, str]) -> PartitionStats:
        with self._lake.writer(mart.name, day, mart.schema) as output:
            for batch in batches:
                output.write(batch)
            return output.commit(**footer)

    def _check_conservation(
        self, mart: Mart, sources: Lake, days: Sequence[Day]
    ) -> dict[Day, Conservation]:
        """Return the counts of the mart's conservation rule by day; none without a rule."""
        rule = mart.conservation_rule
        if rule is None:
            return {}
        with (
            self._source_views(mart, sources, days),
            self._lake.files(mart.name, days) as files,
        ):
            create_view(self._engine, mart, files)
            counts = conservation_counts(self._engine, rule, days, self._parameters)
        return {day: Conservation(day, *pair) for day, pair in zip(days, counts, strict=True)}

    @contextmanager
    def _source_views(self, mart: Mart, sources: Lake, days: Iterable[Day]) -> Iterator[None]:
        """Create views of a mart's sources, with what these days of the mart are made from."""
        with ExitStack() as stack:
            for table in mart.sources:
                read = _source_days(sources, mart, days, table)
                files = stack.enter_context(sources.files(table.name, read, are_verified=True))
                create_view(self._engine, table, files)
            yield


def rows_by_day(rows: Rows, days: Iterable[Day]) -> Iterator[tuple[Day, Rows]]:
    """Yield each day with its rows; the days must be ascending, and the rows ordered by day.

    All rows of a table without days belong to None. A day may have no rows, and rows of days that
    are not among `days` are left out: a query with a lookback also returns those of earlier days.
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


def _split_by_day(rows: Rows) -> Iterator[tuple[Day, pa.RecordBatch]]:
    """Yield batches of rows of one day each, without the partition column."""
    for batch in rows:
        if DAY.name not in batch.schema.names:
            yield None, batch
            continue
        runs = pc.run_end_encode(batch[DAY.name])
        columns, begin = batch.drop_columns([DAY.name]), 0
        for day, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            yield day, columns.slice(begin, end - begin)
            begin = end


@contextmanager
def _open_snapshot(lake: Lake, mart: Mart, days: Sequence[Day]) -> Iterator[Lake]:
    """Open a lake with the partitions that days of a mart are made from, as they are now.

    A partition may be replaced while a mart is built from it. So that the fingerprint in the mart's
    footer is that of the very rows it was made from, both are read from here: from hard links to a
    disk's files, and from copies of a bucket's objects.
    """
    with lake.temp_dir() as folder:
        for table in mart.sources:
            with lake.files(table.name, _source_days(lake, mart, days, table)) as files:
                for file in files:
                    # The last parts of the path are the partition's key.
                    key = Path(*file.parts[-3:] if is_daily(table) else file.parts[-2:])
                    (folder / key).parent.mkdir(parents=True, exist_ok=True)
                    _link_or_copy(file, folder / key)
        yield Lake(folder.as_uri())


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)


# Staleness


def buildable_days(
    lake: FooterSource, mart: Mart, days: Iterable[date], floors: Floors
) -> list[date]:
    """Return those of the days of a daily mart that retention keeps, and that can be built.

    Once enriched_updates of a day that it is made from has expired, a mart's day is kept as it is.
    On the first days after the floor it is only built if it never was: from what there is.
    """
    return [day for day in days if _is_buildable(lake, mart, day, floors)]


def _is_buildable(lake: FooterSource, mart: Mart, day: date, floors: Floors) -> bool:
    if not floors.keeps(TableGroup.MARTS, day) or not floors.keeps(TableGroup.ENRICHED, day):
        return False
    first = day - timedelta(days=mart.lookback_days)
    return floors.keeps(TableGroup.ENRICHED, first) or lake.footer(mart.name, day) is None


def days_with_stale_marts(
    lake: FooterSource, days: Iterable[date], parameters: MartParameters, floors: Floors
) -> list[date]:
    """Return those of the days that have enriched_updates, and a daily mart that is stale."""
    wanted = sorted(set(days))
    needed = _with_days_before(wanted, MAX_LOOKBACK_DAYS)
    # All daily marts have the same source, whose footers are therefore read once.
    enriched = dict(zip(needed, lake.footers(ENRICHED_UPDATES.name, needed), strict=True))
    built = [day for day in wanted if enriched[day]]
    stale: set[Day] = set()
    for mart in DAILY_MARTS:
        sources: _Sources = {
            day: [
                _SourcePartition(ENRICHED_UPDATES, each, enriched[each])
                for each in _with_days_before([day], mart.lookback_days)
            ]
            for day in buildable_days(lake, mart, built, floors)
        }
        stale.update(_stale_days(lake, mart, sources, parameters))
    return [day for day in built if day in stale]


def cumulative_marts_are_stale(lake: FooterSource, parameters: MartParameters) -> bool:
    """Return whether a mart over all days is stale."""
    return any(
        _stale_days(lake, mart, _read_sources(lake, mart, [None]), parameters)
        for mart in CUMULATIVE_MARTS
    )


class _SourcePartition(NamedTuple):
    """A partition that a mart is made from; its footer is None if it was never built."""

    table: Table
    day: Day
    footer: Footer | None


_Sources = dict[Day, list[_SourcePartition]]
"""The partitions that days of a mart are made from."""


def _read_sources(lake: FooterSource, mart: Mart, days: Sequence[Day]) -> _Sources:
    sources: _Sources = {day: [] for day in days}
    for table in mart.sources:
        needed = _source_days(lake, mart, days, table)
        footers = dict(zip(needed, lake.footers(table.name, needed), strict=True))
        for day in days:
            read = _source_days(lake, mart, [day], table) if day else needed
            sources[day] += [_SourcePartition(table, each, footers[each]) for each in read]
    return sources


def _source_days(lake: FooterSource, mart: Mart, days: Iterable[Day], table: Table) -> list[Day]:
    """Return the days of a source that days of a mart are made from."""
    if not is_daily(table):
        return [None]
    if not mart.is_daily:
        return list(lake.days(table.name))
    return list(_with_days_before((day for day in days if day), mart.lookback_days))


def _with_days_before(days: Iterable[date], count: int) -> list[date]:
    """Return days and as many days before each of them, ascending."""
    return sorted({day - timedelta(days=back) for day in days for back in range(count + 1)})


def _stale_days(
    lake: FooterSource, mart: Mart, sources: _Sources, parameters: MartParameters
) -> list[Day]:
    expected = _expected_footers(mart, sources, parameters)
    stored = zip(expected, lake.footers(mart.name, list(expected)), strict=True)
    return [day for day, footer in stored if not _matches(footer, expected[day])]


def _expected_footers(
    mart: Mart, sources: _Sources, parameters: MartParameters
) -> dict[Day, dict[str, str]]:
    """Return the footer metadata of a mart that is made from `sources`, by day."""
    definition = mart.definition_hash
    used = parameters.used_by(mart.sql)
    return {
        day: {BUILT_FROM: _fingerprint(definition, parts)} | used for day, parts in sources.items()
    }


def _fingerprint(definition: str, sources: Iterable[_SourcePartition]) -> str:
    lines = [definition]
    for table, day, footer in sources:
        lines.append(f"{table.name} {day} {footer.fingerprint if footer else 'missing'}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:FINGERPRINT_CHARACTERS]


def _matches(footer: Footer | None, expected: dict[str, str]) -> bool:
    """Return whether a mart exists, and was made from what is expected."""
    return footer is not None and expected.items() <= footer.metadata.items()
