"""A table of the lake as a DuckDB view, which is there before the table's first partition is."""

import glob
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tg_pipeline.lake.lake import OBJECT_NAME, Lake
from tg_pipeline.query.lake_files import PROTOCOL, STAR
from tg_pipeline.query.tables import CONTEXT_DATE, QueryTable

_DAY: Final = rf"/{CONTEXT_DATE}=(\d{{4}}-\d{{2}}-\d{{2}})/[^/]+$"


def view_statements(
    connection: duckdb.DuckDBPyConnection, lake: Lake, tables: Iterable[QueryTable], scratch: Path
) -> Iterator[str]:
    """Give the statements that make the tables' views over a lake; a file comes into `scratch`."""
    no_rows = scratch / "no-rows.parquet"
    pq.write_table(pa.table({"none": pa.array([], pa.bool_())}), no_rows)
    place = f"{PROTOCOL}://" if lake.folder is None else f"{glob.escape(str(lake.folder))}/"
    for table in tables:
        empty = connection.from_arrow(table.schema.empty_table())
        types = dict(zip(empty.columns, map(str, empty.types), strict=True))
        yield view_sql(table, types, f"{place}{object_pattern(table)}", str(no_rows))


def object_pattern(table: QueryTable) -> str:
    """Give where a table's objects lie in the lake, with a star for the day."""
    day = [f"{CONTEXT_DATE}={STAR}"] if table.has_days else []
    return "/".join([table.folder, *day, OBJECT_NAME])


def view_sql(table: QueryTable, types: Mapping[str, str], objects: str, no_rows: str) -> str:
    """Give the statement that makes a table's view over the files that `objects` matches.

    The columns are the declared ones, of the DuckDB `types`, whatever a file holds: an older file
    lacks some, which are null then, and `no_rows`, a file without rows, stands in while there is
    no other. The day comes from the file's name, by which DuckDB also tells the files that a query
    can do without.
    """
    columns = [quoted(name) for name in types]
    if table.has_days:
        day = f"TRY_CAST(regexp_extract(filename, {literal(_DAY)}, 1) AS DATE)"
        columns.append(f"{day} AS {CONTEXT_DATE}")
    return (
        f"CREATE VIEW {quoted(table.name)} AS SELECT {', '.join(columns)} FROM read_parquet("  # noqa: S608 - all quoted
        f"[{literal(no_rows)}, {literal(objects)}], "
        f"allow_empty = true, filename = true, schema = {_declared(types)})"
    )


def quoted(name: str) -> str:
    """Give a name as SQL takes any."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Give a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _declared(types: Mapping[str, str]) -> str:
    """Give the columns as `read_parquet` takes them.

    https://duckdb.org/docs/stable/data/parquet/overview#parameters
    """
    columns = (
        f"{literal(name)}: {{name: {literal(name)}, type: {literal(kind)}, default_value: NULL}}"
        for name, kind in types.items()
    )
    return f"MAP {{{', '.join(columns)}}}"
