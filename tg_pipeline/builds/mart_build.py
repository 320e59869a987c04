"""A mart, built: its sources shown to DuckDB, its rows written, its law looked at."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_ingest.store import StoreError
from tg_pipeline.builds.balance import Balance
from tg_pipeline.builds.mart_source import days_read, footer_of, parts_read, says
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


class MartBuilder:
    """Builds marts of a lake, one after the other, with one DuckDB."""

    def __init__(self, lake: Lake, engine: "DuckDBPyConnection", timezone: str) -> None:
        """Build in `lake`, by the clocks of `timezone`."""
        self._lake, self._engine, self._timezone = lake, engine, timezone

    def build(self, mart: Mart, day: date | None = None) -> BuiltMart:
        """Bring a mart, or a day of one, up to its sources; raises StoreError."""
        expected = footer_of(mart, parts_read(self._lake, mart, day), self._timezone)
        standing = self._lake.footer(mart.name, day)
        with ExitStack() as stack:
            for table in mart.sources:
                self._show(stack, table, days_read(self._lake, mart, day, table))
            if standing is not None and says(standing, expected):
                written, is_new = Written(standing.rows, standing.bytes), False
            else:
                written, is_new = self._write(mart, day, expected), True
            return BuiltMart(written, is_new, self._weigh(stack, mart, day))

    def _write(self, mart: Mart, day: date | None, footer: dict[str, str]) -> Written:
        with self._lake.writer(mart.name, day, mart.schema) as output:
            for batch in rows_of(self._engine, mart, self._timezone):
                output.write(batch)
            return output.commit(**footer)

    def _weigh(self, stack: ExitStack, mart: Mart, day: date | None) -> Balance | None:
        if mart.law is None:
            return None
        self._show(stack, mart, [day])
        return Balance(day, *counts(self._engine, mart.law))

    def _show(self, stack: ExitStack, table: Table, days: list[date | None]) -> None:
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
