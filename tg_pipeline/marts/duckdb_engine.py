"""DuckDB for the marts: bounded memory, no downloads, clocks in UTC; views and queries."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.mart import (
    ALL_TIMES,
    ConservationRule,
    Mart,
    MartParameters,
    Sending,
    TableGrain,
    grain_of,
    parameters_used,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY: Final = "1GB"
"""Above it, DuckDB spills to disk. Sorting a million messages takes less."""

MAX_THREADS: Final = 4
"""Each thread has buffers of its own, and the queries hardly gain from more."""

BATCH_ROWS: Final = 65_536
"""Rows per batch of a query's result."""

DAY: Final = pa.field("context_date", pa.date32())
"""The partition column of a table with a partition a day."""

MONTH: Final = pa.field("month", pa.string())
"""The partition column of a table with a partition a month: YYYY-MM."""

PARTITION_COLUMNS: Final = {TableGrain.DAY: DAY, TableGrain.MONTH: MONTH}
HIVE_TYPES: Final = {DAY.type: "DATE", MONTH.type: "VARCHAR"}

_ABOUT_A_FILE: Final = re.compile(r"Invalid Input Error: (File '|No magic bytes |Failed to read )")
"""The beginning of errors about a damaged file, which quote its path and nothing of its rows."""


class EngineError(Exception):
    """A query failed; the message is DuckDB's first line, or its kind if that may quote rows."""


@contextmanager
def open_engine(spill_folder: Path) -> Iterator["DuckDBPyConnection"]:
    """Open a separate in-memory DuckDB that spills into `spill_folder`; raises EngineError."""
    # Its import takes 0.2 s, and only commands and runs that use marts need it.
    import duckdb  # noqa: PLC0415

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "threads": min(MAX_THREADS, os.cpu_count() or 1),
        "temp_directory": str(spill_folder),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        # Every query has an ORDER BY.
        "preserve_insertion_order": False,
    }
    try:
        with duckdb.connect(config=settings) as engine:
            engine.execute("SET TimeZone = 'UTC'")
            # DuckDB draws one if it takes the process for an interactive session.
            engine.execute("SET enable_progress_bar = false")
            yield engine
    except (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException) as error:
        message = str(error).partition("\n")[0]
        if not _ABOUT_A_FILE.match(message):
            # "Could not convert string '…'"
            message = f"a value is not as expected ({type(error).__name__})"
        raise EngineError(message) from error
    except duckdb.Error as error:
        raise EngineError(str(error).partition("\n")[0]) from error


def create_view(
    engine: "DuckDBPyConnection",
    table: Table,
    files: Sequence[Path],
    *,
    is_uniform: bool = False,
    adds_columns: bool = False,
) -> None:
    """Create a view of a table's files under the table's name; without files, an empty view.

    The view of a table with a partition a day also has the column `context_date`, that of one with
    a partition a month the column `month`, as YYYY-MM. With `adds_columns`, columns that no file
    has, since an earlier release wrote them, are null. If the files are known to have the same
    schema, they `is_uniform`: otherwise DuckDB reads all footers before the query, and keeps them.
    """
    partition = PARTITION_COLUMNS.get(grain_of(table))
    if files:
        paths = ", ".join(f"'{_escaped(path)}'" for path in files)
        names = (
            f", hive_types = {{'{partition.name}': {HIVE_TYPES[partition.type]}}}"
            if partition
            else ""
        )
        union = "" if is_uniform or not partition else ", union_by_name = true"
        rows = f"read_parquet([{paths}]{union}{names})"
    else:
        rows = _register_empty(engine, table)
    view = f"CREATE OR REPLACE TEMP VIEW {table.name} AS SELECT * FROM {rows}"  # noqa: S608 - ours
    engine.execute(view)
    if not adds_columns:
        return
    found = {name for name, *_ in engine.execute(f"DESCRIBE {table.name}").fetchall()}
    if not found.issuperset(table.columns):
        empty = f"SELECT * FROM {_register_empty(engine, table)}"  # noqa: S608 - ours
        engine.execute(f"{view} UNION ALL BY NAME {empty}")


def _register_empty(engine: "DuckDBPyConnection", table: Table) -> str:
    """Register a table without rows, and return its name."""
    partition, name = PARTITION_COLUMNS.get(grain_of(table)), f"no_{table.name}"
    fields = [*table.schema, partition] if partition else table.schema
    engine.register(name, pa.schema(fields).empty_table())
    return name


def _escaped(path: Path) -> str:
    """Return a path as part of an SQL string, with DuckDB's wildcards escaped."""
    plain = str(path).replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")
    return plain.replace("'", "''")


def run_query(
    engine: "DuckDBPyConnection",
    mart: Mart,
    parameters: MartParameters,
    sending: Sending = ALL_TIMES,
) -> Iterator[pa.RecordBatch]:
    """Yield a mart's rows in their order; views of its sources must exist.

    A monthly mart has the rows of a month's `sending`, or of all times.

    For a mart with a partition a day, `context_date` is the last column, and the rows come day by
    day.
    """
    schema = mart.schema.append(DAY) if mart.is_daily else mart.schema
    used = parameters.used_by(mart.sql) | parameters_used(sending, mart.sql)
    result = engine.sql(mart.sql, params=used or None)
    if mart.post_process:
        taken = {name: getattr(parameters, name) for name in mart.post_process_parameters}
        rows = mart.post_process(result.to_arrow_table(), **taken)
        batches = iter(rows.to_batches(BATCH_ROWS))
    else:
        batches = iter(result.to_arrow_reader(BATCH_ROWS))
    for batch in batches:
        yield pa.record_batch(batch.columns, schema=schema)


def hash_of_rows(engine: "DuckDBPyConnection", rows: pa.Table) -> str:
    """Return a digest of rows, whatever their order; another version of DuckDB has others."""
    engine.register("hashed_rows", rows)
    query = "SELECT count(*), bit_xor(hash(hashed_rows)) FROM hashed_rows"
    count, digest = engine.execute(query).fetchall()[0]
    engine.unregister("hashed_rows")
    return f"{count}-{digest or 0:016x}"


def conservation_counts(
    engine: "DuckDBPyConnection",
    rule: ConservationRule,
    days: Iterable[date | None],
    parameters: MartParameters,
    sending: Sending = ALL_TIMES,
) -> list[tuple[int, int]]:
    """Return both counts of a rule for each day; views of the mart and its sources must exist."""
    input_rows, output_rows = (
        _count_by_day(engine, query, parameters.used_by(query) | parameters_used(sending, query))
        for query in (rule.input_rows, rule.output_rows)
    )
    return [(input_rows.get(day, 0), output_rows.get(day, 0)) for day in days]


def _count_by_day(
    engine: "DuckDBPyConnection", query: str, parameters: dict[str, Any]
) -> dict[date | None, int]:
    """Return a number per day; for a table without days, its only number has the key None."""
    # All rows are fetched at once: an open result would block the connection.
    rows = engine.execute(query, parameters).fetchall()
    return {day[0] if day else None: int(number or 0) for *day, number in rows}
