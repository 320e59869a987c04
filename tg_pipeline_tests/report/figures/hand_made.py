"""Marts with rows given by a test, in tables of the declared columns."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.duckdb_engine import DAY
from tg_pipeline.marts.mart import is_daily
from tg_pipeline.report.queries import Marts

ZONE = "America/Sao_Paulo"
Row = dict[str, Any]


def hand_made(rows: Mapping[str, Sequence[Row]]) -> Marts:
    """Create all marts, and enriched_updates, with these rows; other tables are empty.

    Each row of a table with a partition per day has its day in `context_date`.
    """
    engine = duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'")
    for table in (ENRICHED_UPDATES, *ALL_MARTS):
        schema = table.schema.append(DAY) if is_daily(table) else table.schema
        filled = [_filled(schema, row) for row in rows.get(table.name, [])]
        engine.register(table.name, pa.Table.from_pylist(filled, schema))
    unknown = rows.keys() - {table.name for table in (ENRICHED_UPDATES, *ALL_MARTS)}
    assert not unknown, f"no mart is called {unknown}"
    return Marts(engine, ZONE)


def local(day: dt.date, hour: int = 12) -> dt.datetime:
    """Return an instant in the time of São Paulo, three hours behind UTC."""
    midnight = dt.datetime.combine(day, dt.time(), dt.timezone(-dt.timedelta(hours=3)))
    return midnight + dt.timedelta(hours=hour)


FILLINGS: dict[pa.DataType, Any] = {
    pa.int64(): 0,
    pa.float64(): 0.0,
    pa.string(): "",
    pa.bool_(): False,
    pa.date32(): dt.date(2026, 10, 7),
}
"""The values of columns that are never null and that a test does not set, except instants."""


def _filled(schema: pa.Schema, row: Row) -> Row:
    unknown = row.keys() - set(schema.names)
    assert not unknown, f"there are no columns {unknown}"
    required = [field for field in schema if not field.nullable]
    moment = local(dt.date(2026, 10, 7))
    return {field.name: FILLINGS.get(field.type, moment) for field in required} | row
