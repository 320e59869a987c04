"""A mart, built: its sources shown to DuckDB, its rows written, its law looked at."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_ingest.store import StoreError
from tg_pipeline.builds.balance import Balance
from tg_pipeline.builds.mart_days import Rows, rows_by_day
from tg_pipeline.builds.mart_source import days_read
from tg_pipeline.builds.mart_state import Due, Kept, due_and_kept
from tg_pipeline.lake.lake import Lake, Written
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.engine import EngineError, counts, open_engine, rows_of, show
from tg_pipeline.marts.mart import Mart

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class BuiltMart:
    """What a build of a mart, or of a day of it, found and left."""

    written: Written
    is_new: bool
    """Whether it was written; else it stood already, made of the same."""
    balance: Balance | None
    """The counts of its law, if it has one."""


Built = dict[date | None, BuiltMart]


class MartBuilder:
    """Builds marts of a lake, one after the other, with one DuckDB."""

    def __init__(self, lake: Lake, engine: "DuckDBPyConnection", timezone: str) -> None:
        """Build in `lake`, by the clocks of `timezone`."""
        self._lake, self._engine, self._timezone = lake, engine, timezone

    def build(self, mart: Mart, day: date | None = None) -> BuiltMart:
        """Bring a mart, or a day of one, up to its sources; raises StoreError."""
        (built,) = self.build_days(mart, [day])
        return built

    def build_days(self, mart: Mart, days: Sequence[date | None]) -> list[BuiltMart]:
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
            rows = rows_of(self._engine, mart, self._timezone)
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
    ) -> Written:
        with self._lake.writer(mart.name, day, mart.schema) as output:
            for batch in batches:
                output.write(batch)
            return output.commit(**footer)

    def _weigh(self, stack: ExitStack, mart: Mart, stored: Kept, *, is_new: bool) -> Built:
        """Hold the days that stand against the mart's law, if it has one."""
        balances: list[Balance | None] = [None] * len(stored)
        if mart.law:
            self._show(stack, mart, stored)
            weighed = counts(self._engine, mart.law, stored)
            balances = [Balance(day, *pair) for day, pair in zip(stored, weighed, strict=True)]
        return {
            day: BuiltMart(stored[day], is_new, balance)
            for day, balance in zip(stored, balances, strict=True)
        }

    def _show_sources(self, stack: ExitStack, mart: Mart, days: Iterable[date | None]) -> None:
        for table in mart.sources:
            read = [part for day in days for part in days_read(self._lake, mart, day, table)]
            self._show(stack, table, read)

    def _show(self, stack: ExitStack, table: Table, days: Iterable[date | None]) -> None:
        files = stack.enter_context(self._lake.files(table.name, days))
        show(self._engine, table, files)


@contextmanager
def mart_builder(lake: Lake, timezone: str) -> Iterator[MartBuilder]:
    """Give a builder for the marts of a lake; what DuckDB fails at is a StoreError."""
    with tempfile.TemporaryDirectory() as spill:
        try:
            with open_engine(Path(spill)) as engine:
                yield MartBuilder(lake, engine, timezone)
        except EngineError as error:
            raise StoreError(f"The marts can't be built: {error}") from error
