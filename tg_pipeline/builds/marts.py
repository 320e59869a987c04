"""Build marts; which are stale."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from lambda_ingest.store import StoreError
from tg_pipeline.builds.layers import BUILT_FROM, Conservation
from tg_pipeline.lake.parquet import Footer
from tg_pipeline.lake.partitions import Lake, PartitionStats
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.marts.duckdb_engine import (
    DAY,
    EngineError,
    conservation_counts,
    create_view,
    open_engine,
    run_query,
)
from tg_pipeline.marts.mart import Mart, is_daily

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


Rows = Iterator[pa.RecordBatch]


def rows_by_day(rows: Rows, days: Iterable[date | None]) -> Iterator[tuple[date | None, Rows]]:
    """Give each day with its rows, in turn; the days, and the rows by theirs, must be ascending.

    Of a table that has no days, all rows are those of None. A day may have no rows.
    """
    found = groupby(_cut(rows), itemgetter(0))
    found_day, cuts = next(found, (None, iter(())))
    for day in days:
        if day != found_day:
            yield day, iter(())
            continue
        yield day, (batch for _, batch in cuts)
        found_day, cuts = next(found, (None, iter(())))


def _cut(rows: Rows) -> Iterator[tuple[date | None, pa.RecordBatch]]:
    """Give rows of one day each, without the column that tells the day."""
    for batch in rows:
        if DAY.name not in batch.schema.names:
            yield None, batch
            continue
        runs = pc.run_end_encode(batch[DAY.name])
        stored, begin = batch.drop_columns([DAY.name]), 0
        for day, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            yield day, stored.slice(begin, end - begin)
            begin = end


TIMEZONE: Final = "timezone"
"""The footer's name for the zone that a mart's days and hours are counted in."""

SOURCE_CHARACTERS: Final = 32
"""Of a SHA-256 in hexadecimal: 128 bits tell any two apart."""


class Part(NamedTuple):
    """A table's day, or a table that has no days, as it stands; without a footer it is missing."""

    table: Table
    day: date | None
    footer: Footer | None


def days_read(lake: Lake, mart: Mart, day: date | None, table: Table) -> list[date | None]:
    """Give the partitions of a source that a mart, or a day of it, is made of."""
    if not is_daily(table):
        return [None]
    return [day] if mart.is_daily else list(lake.days(table.name))


def parts_read(lake: Lake, mart: Mart, day: date | None) -> list[Part]:
    """Give all that a mart, or a day of it, is made of."""
    parts = []
    for table in mart.sources:
        days = days_read(lake, mart, day, table)
        footers = lake.footers(table.name, days)
        parts += [Part(table, *each) for each in zip(days, footers, strict=True)]
    return parts


def mart_source(mart: Mart, parts: Iterable[Part]) -> str:
    """Give a short text that changes when a mart made of `parts` would be another."""
    lines = [mart.recipe]
    for table, day, footer in parts:
        lines.append(f"{table.name} {day} {footer.fingerprint if footer else 'missing'}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:SOURCE_CHARACTERS]


def footer_of(mart: Mart, parts: Iterable[Part], timezone: str) -> dict[str, str]:
    """Give what the footer of a mart says that is made of `parts`, by the clocks of `timezone`."""
    source = {BUILT_FROM: mart_source(mart, parts)}
    return source | ({TIMEZONE: timezone} if mart.needs_timezone else {})


def says(footer: Footer | None, expected: dict[str, str]) -> bool:
    """Say whether a mart stands, and its footer says what is expected."""
    return footer is not None and expected.items() <= footer.metadata.items()


Due = dict[date | None, dict[str, str]]
"""Days to make, each with what its footer will say of what it is made of."""

Kept = dict[date | None, PartitionStats]
"""Days that stand, each with what it holds."""


def days_with_stale_marts(lake: Lake, days: Iterable[date]) -> list[date]:
    """Give those of the days that have enriched_updates, and a daily mart not made of it."""
    due, asked = set(), list(days)
    enriched = lake.footers(ENRICHED_UPDATES.name, asked)
    for mart in DAILY_MARTS:
        standing = lake.footers(mart.name, asked)
        for day, source, footer in zip(asked, enriched, standing, strict=True):
            expected = {BUILT_FROM: mart_source(mart, [Part(ENRICHED_UPDATES, day, source)])}
            if source and not says(footer, expected):
                due.add(day)
    return sorted(due)


def due_and_kept(
    lake: Lake, mart: Mart, days: Sequence[date | None], timezone: str
) -> tuple[Due, Kept]:
    """Tell the days of a mart that are to be made from those that are made of their sources."""
    parts = lake.map_concurrent(partial(parts_read, lake, mart), days)
    due, kept = {}, {}
    for day, read, footer in zip(days, parts, lake.footers(mart.name, days), strict=True):
        expected = footer_of(mart, read, timezone)
        if footer is not None and says(footer, expected):
            kept[day] = PartitionStats(footer.rows, footer.bytes)
        else:
            due[day] = expected
    return due, kept


def cumulative_marts_are_stale(lake: Lake, timezone: str) -> bool:
    """Say whether a mart of all days is not made of its sources, by the clocks of `timezone`."""
    return any(due_and_kept(lake, mart, [None], timezone)[0] for mart in CUMULATIVE_MARTS)


@dataclass(frozen=True, slots=True)
class MartBuildResult:
    """What a build of a mart, or of a day of it, found and left."""

    written: PartitionStats
    is_new: bool
    """Whether it was written; else it stood already, made of the same."""
    balance: Conservation | None
    """The counts of its law, if it has one."""


Built = dict[date | None, MartBuildResult]


class MartBuilder:
    """Builds marts of a lake, one after the other, with one DuckDB."""

    def __init__(self, lake: Lake, engine: "DuckDBPyConnection", timezone: str) -> None:
        """Build in `lake`, by the clocks of `timezone`."""
        self._lake, self._engine, self._timezone = lake, engine, timezone

    def build(self, mart: Mart, day: date | None = None) -> MartBuildResult:
        """Bring a mart, or a day of one, up to its sources; raises StoreError."""
        (built,) = self.build_days(mart, [day])
        return built

    def build_days(self, mart: Mart, days: Sequence[date | None]) -> list[MartBuildResult]:
        """Bring days of a mart, ascending, up to their sources; raises StoreError.

        One query makes them all: of a day of some thousand updates, the most is the planning of it.
        """
        due, kept = due_and_kept(self._lake, mart, days, self._timezone)
        built = self._make(mart, due) | self._look_at(mart, kept)
        return [built[day] for day in days]

    def _make(self, mart: Mart, due: Due) -> Built:
        if not due:
            return {}
        with ExitStack() as stack:
            self._show_sources(stack, mart, due)
            written = {}
            rows = run_query(self._engine, mart, self._timezone)
            for day, batches in rows_by_day(rows, due):
                written[day] = self._write(mart, day, batches, due[day])
            return self._weigh(stack, mart, written, is_new=True)

    def _look_at(self, mart: Mart, kept: Kept) -> Built:
        if not kept:
            return {}
        with ExitStack() as stack:
            self._show_sources(stack, mart, kept)
            return self._weigh(stack, mart, kept, is_new=False)

    def _write(
        self, mart: Mart, day: date | None, batches: Rows, footer: dict[str, str]
    ) -> PartitionStats:
        with self._lake.writer(mart.name, day, mart.schema) as output:
            for batch in batches:
                output.write(batch)
            return output.commit(**footer)

    def _weigh(self, stack: ExitStack, mart: Mart, stored: Kept, *, is_new: bool) -> Built:
        """Hold the days that stand against the mart's law, if it has one."""
        balances: list[Conservation | None] = [None] * len(stored)
        if mart.law:
            self._show(stack, mart, stored)
            weighed = conservation_counts(self._engine, mart.law, stored)
            balances = [Conservation(day, *pair) for day, pair in zip(stored, weighed, strict=True)]
        return {
            day: MartBuildResult(stored[day], is_new, balance)
            for day, balance in zip(stored, balances, strict=True)
        }

    def _show_sources(self, stack: ExitStack, mart: Mart, days: Iterable[date | None]) -> None:
        for table in mart.sources:
            read = [part for day in days for part in days_read(self._lake, mart, day, table)]
            self._show(stack, table, read)

    def _show(self, stack: ExitStack, table: Table, days: Iterable[date | None]) -> None:
        files = stack.enter_context(self._lake.files(table.name, days))
        create_view(self._engine, table, files)


@contextmanager
def mart_builder(lake: Lake, timezone: str) -> Iterator[MartBuilder]:
    """Give a builder for the marts of a lake; what DuckDB fails at is a StoreError."""
    with tempfile.TemporaryDirectory() as spill:
        try:
            with open_engine(Path(spill)) as engine:
                yield MartBuilder(lake, engine, timezone)
        except EngineError as error:
            raise StoreError(f"The marts can't be built: {error}") from error
