"""Marts with rows given by a test, in tables of the declared columns."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.duckdb_engine import create_view
from tg_pipeline.marts.mart import is_daily
from tg_pipeline.report.queries import Marts

ZONE = "America/Sao_Paulo"
Row = dict[str, Any]

FILLINGS: dict[pa.DataType, Any] = {
    pa.int64(): 0,
    pa.float64(): 0.0,
    pa.string(): "",
    pa.bool_(): False,
    pa.date32(): dt.date(2026, 10, 7),
}
"""The values of columns that are never null and that a test does not set."""


def hand_made(folder: Path, rows: Mapping[str, Sequence[Row]]) -> Marts:
    """Create all marts, and enriched_updates, with these rows; other tables are empty.

    A row of a table with a partition per day has its day in `context_date`.
    """
    engine = duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'")
    for table in (ENRICHED_UPDATES, *ALL_MARTS):
        create_view(engine, table, _files(folder, table, rows.get(table.name, [])))
    unknown = rows.keys() - {table.name for table in (ENRICHED_UPDATES, *ALL_MARTS)}
    assert not unknown, f"no mart is called {unknown}"
    return Marts(engine, ZONE)


def local(day: dt.date, hour: int = 12, second: int = 0) -> dt.datetime:
    """Return an instant in the time of São Paulo, three hours behind UTC."""
    midnight = dt.datetime.combine(day, dt.time(), dt.timezone(-dt.timedelta(hours=3)))
    return midnight + dt.timedelta(hours=hour, seconds=second)


def _files(folder: Path, table: Table, rows: Sequence[Row]) -> list[Path]:
    if not rows:
        return []
    if not is_daily(table):
        return [_written(folder / table.name, table, rows)]
    days = sorted({row["context_date"] for row in rows})
    return [
        _written(
            folder / table.name / f"context_date={day}",
            table,
            [row for row in rows if row["context_date"] == day],
        )
        for day in days
    ]


def _written(folder: Path, table: Table, rows: Sequence[Row]) -> Path:
    folder.mkdir(parents=True)
    path = folder / "part-0.parquet"
    pq.write_table(pa.Table.from_pylist([_filled(table, row) for row in rows], table.schema), path)
    return path


def _filled(table: Table, row: Row) -> Row:
    named = {name: value for name, value in row.items() if name != "context_date"}
    unknown = named.keys() - set(table.schema.names)
    assert not unknown, f"{table.name} has no {unknown}"
    required = [field for field in table.schema if not field.nullable]
    moment = local(dt.date(2026, 10, 7))
    return {field.name: FILLINGS.get(field.type, moment) for field in required} | named
