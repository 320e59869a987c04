"""DuckDB, kept on a short lead: bounded memory, nothing downloaded, no time zone of its own."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.mart import ConservationRule, Mart, is_daily

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation


MEMORY: Final = "1GB"
"""Beyond it DuckDB spills to disk. A million messages are sorted in less."""

MOST_THREADS: Final = 4
"""Each has buffers of its own, and the queries hardly gain from more."""

BATCH_ROWS: Final = 65_536
"""Rows a batch of what a query gives."""

DAY: Final = pa.field("context_date", pa.date32())
"""What the folders of a table with a partition a day tell."""


class EngineError(Exception):
    """A query failed; the message says why, in one line."""


@contextmanager
def open_engine(spill: Path) -> Iterator["DuckDBPyConnection"]:
    """Open a DuckDB of one's own, which spills into the folder `spill`; raises EngineError."""
    # It takes a fifth of a second to import: only who builds a mart waits for it.
    import duckdb  # noqa: PLC0415

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "threads": min(MOST_THREADS, os.cpu_count() or 1),
        "temp_directory": str(spill),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        # Every query says its order itself.
        "preserve_insertion_order": False,
    }
    try:
        with duckdb.connect(config=settings) as engine:
            engine.execute("SET TimeZone = 'UTC'")
            # Where DuckDB takes a process for a person's session, it would draw one.
            engine.execute("SET enable_progress_bar = false")
            yield engine
    except duckdb.Error as error:
        raise EngineError(str(error).partition("\n")[0]) from error


def create_view(engine: "DuckDBPyConnection", table: Table, files: Sequence[Path]) -> None:
    """Make the rows of a table's files visible under its name; no rows where there are no files.

    A table with a partition a day also shows its `context_date`.
    """
    if files:
        listed = ", ".join(f"'{_literally(path)}'" for path in files)
        days = ", union_by_name = true, hive_partitioning = true" if is_daily(table) else ""
        rows = f"read_parquet([{listed}]{days})"
    else:
        rows = f"no_{table.name}"
        fields = [*table.schema, DAY] if is_daily(table) else table.schema
        engine.register(rows, pa.schema(fields).empty_table())
    view = f"CREATE OR REPLACE TEMP VIEW {table.name} AS SELECT * FROM {rows}"  # noqa: S608 - ours
    engine.execute(view)


def run_query(engine: "DuckDBPyConnection", mart: Mart, timezone: str) -> Iterator[pa.RecordBatch]:
    """Give a mart's rows in their order; its sources must be visible.

    Those of a mart with a partition a day end with their `context_date`, and come day by day.
    """
    schema = mart.schema.append(DAY) if mart.is_daily else mart.schema
    found = _query(engine, mart, timezone)
    if mart.step:
        batches = iter(mart.step(found.to_arrow_table()).to_batches(BATCH_ROWS))
    else:
        batches = iter(found.to_arrow_reader(BATCH_ROWS))
    for batch in batches:
        yield pa.record_batch(batch.columns, schema=schema)


def conservation_counts(
    engine: "DuckDBPyConnection", law: ConservationRule, days: Iterable[date | None]
) -> list[tuple[int, int]]:
    """Give the two counts of a law on each day; the mart and its sources must be visible."""
    input_rows, output_rows = (
        _numbers(engine, query) for query in (law.input_rows, law.output_rows)
    )
    return [(input_rows.get(day, 0), output_rows.get(day, 0)) for day in days]


def _numbers(engine: "DuckDBPyConnection", query: str) -> dict[date | None, int]:
    """Give a number a day; the only number of a table that has no days stands under None."""
    # All rows are fetched, or DuckDB would wait for whoever wants the rest.
    rows = engine.execute(query).fetchall()
    return {day[0] if day else None: int(number or 0) for *day, number in rows}


def _query(engine: "DuckDBPyConnection", mart: Mart, timezone: str) -> "DuckDBPyRelation":
    if mart.needs_timezone:
        return engine.sql(mart.sql, params={"timezone": timezone})
    return engine.sql(mart.sql)


def _literally(path: Path) -> str:
    """Give a path as it stands in an SQL string in which nothing is a wildcard."""
    plain = str(path).replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")
    return plain.replace("'", "''")
