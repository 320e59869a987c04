"""A DuckDB session over the lake: every table as a view, statements that Ctrl-C cancels."""

import glob
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from lambda_ingest.store import first_line
from tg_pipeline.lake.partitions import OBJECT_NAME, Lake
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.mart import is_daily
from tg_pipeline.query.filesystem import PROTOCOL, STAR, LakeFiles

CONTEXT_DATE: Final = "context_date"
"""The column with a partition's day, which is in the name of the folder, not in the file."""

THE_DAY: Final = "The local day it happened."

TIMEZONE_PARAMETER: Final = "timezone"
"""The parameter that a query can use, like the marts: the time zone of days and hours."""

OFFLINE: Final = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
"""Settings of DuckDB with which a query never downloads code."""

_DAY_IN_PATH: Final = rf"/{CONTEXT_DATE}=(\d{{4}}-\d{{2}}-\d{{2}})/[^/]+$"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class QueryTable:
    """A table as queries see it."""

    name: str
    description: str
    schema: pa.Schema
    """The columns of its files, each with a description."""

    folder: str
    """Its folder in the lake."""

    has_days: bool
    """Whether it has a partition per day, or is one object."""

    @classmethod
    def of(cls, table: Table) -> "QueryTable":
        """Build it from the declaration of a layer or a mart."""
        description = table.schema.metadata[b"description"].decode()
        return cls(table.name, description, table.schema, table.name, is_daily(table))


TELEGRAM: Final = QueryTable(
    name="telegram",
    description="One row per update of every type, flat and typed.",
    schema=ENRICHED_UPDATES.schema,
    folder=ENRICHED_UPDATES.name,
    has_days=True,
)
"""enriched_updates under the name of the original course project's table."""

LAYERS: Final = tuple(map(QueryTable.of, ALL_LAYERS))
MARTS: Final = tuple(map(QueryTable.of, ALL_MARTS))
ALL_TABLES: Final = (*LAYERS, TELEGRAM, *MARTS)


class QueryError(Exception):
    """A statement can't be run; the message is DuckDB's, which shows the place of the mistake."""


@contextmanager
def open_session(
    lake: Lake, zone: str, tables: Iterable[QueryTable] = ALL_TABLES
) -> Iterator["Session"]:
    """Open a session with `tables` as views over `lake`, and a temporary folder for spilling.

    Clocks are in the time zone `zone`. Raises QueryError.
    """
    with (
        tempfile.TemporaryDirectory(prefix="tg-pipeline-sql-") as scratch,
        duckdb.connect(config={**OFFLINE, "temp_directory": scratch}) as connection,
    ):
        files = LakeFiles(lake.store) if lake.folder is None else None
        if files:
            connection.register_filesystem(files)
        session = Session(connection, zone, files)
        session.run(f"SET TimeZone = {literal(zone)}")
        for view in view_statements(connection, lake, tables, Path(scratch)):
            session.run(view)
        try:
            yield session
        finally:
            session.close()


class Session:
    """Runs statements on the lake's tables, one at a time."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, zone: str, files: LakeFiles | None
    ) -> None:
        """Use a connection; `files` is its filesystem if the lake is not on disk."""
        self._connection, self._zone, self._files = connection, zone, files
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="sql")

    def run(self, sql: str) -> None:
        """Run a statement for its effect; raises QueryError."""
        self._interruptible(lambda: self._connection.execute(sql))

    def statements(self, sql: str) -> list[duckdb.Statement]:
        """Split a text into its statements; raises QueryError."""
        return self._interruptible(lambda: self._connection.extract_statements(sql))

    def ask(
        self,
        statement: duckdb.Statement,
        read: Callable[[duckdb.DuckDBPyRelation], Result],
    ) -> Result:
        """Run a statement and return what `read` makes of its rows; raises QueryError."""
        # DuckDB wraps the text in a query of its own, which fails at a comment after a semicolon.
        query, params = without_end(statement.query), self._params(statement)
        return self._interruptible(lambda: read(self._connection.sql(query, params=params)))

    def copy(self, statement: duckdb.Statement, target: str, options: str) -> None:
        """Stream a query's rows to a file, in the format of COPY's `options`; raises QueryError."""
        query, params = without_end(statement.query), self._params(statement)
        sql = f"COPY (\n{query}\n) TO {literal(target)} ({options})"
        self._interruptible(lambda: self._connection.execute(sql, params))

    def close(self) -> None:
        """Stop the worker thread."""
        self._worker.shutdown()

    def _params(self, statement: duckdb.Statement) -> dict[str, str] | None:
        if TIMEZONE_PARAMETER in statement.named_parameters:
            return {TIMEZONE_PARAMETER: self._zone}
        return None

    def _interruptible(self, work: Callable[[], Result]) -> Result:
        """Run `work` in the worker thread, so that Ctrl-C can interrupt it."""
        if self._files:
            self._files.failure = None
        future = self._worker.submit(work)
        try:
            return future.result()
        except KeyboardInterrupt:
            self._connection.interrupt()
            future.exception()
            raise
        except duckdb.Error as error:
            raise QueryError(self._reason(error)) from error

    def _reason(self, error: duckdb.Error) -> str:
        """Return the store's error if there is one, else DuckDB's."""
        failure = self._files.failure if self._files else None
        return first_line(failure) if failure else str(error).strip()


def view_statements(
    connection: duckdb.DuckDBPyConnection, lake: Lake, tables: Iterable[QueryTable], scratch: Path
) -> Iterator[str]:
    """Return the statements that create the tables' views; writes a file into `scratch`."""
    no_rows = scratch / "no-rows.parquet"
    pq.write_table(pa.table({"none": pa.array([], pa.bool_())}), no_rows)
    root = f"{PROTOCOL}://" if lake.folder is None else f"{glob.escape(str(lake.folder))}/"
    for table in tables:
        empty = connection.from_arrow(table.schema.empty_table())
        types = dict(zip(empty.columns, map(str, empty.types), strict=True))
        yield view_sql(table, types, f"{root}{object_pattern(table)}", str(no_rows))


def object_pattern(table: QueryTable) -> str:
    """Return the pattern of a table's keys in the lake, with a star for the day."""
    day = [f"{CONTEXT_DATE}={STAR}"] if table.has_days else []
    return "/".join([table.folder, *day, OBJECT_NAME])


def view_sql(table: QueryTable, types: Mapping[str, str], objects: str, no_rows: str) -> str:
    """Return the statement that creates a table's view over the files that match `objects`.

    The columns are the declared ones, of the DuckDB `types`, whatever a file has: a column that an
    older file lacks is null. `no_rows` is a file without rows, read if there is no other. The day
    comes from the file's name, by which DuckDB also skips the files of other days.
    """
    columns = [quoted(name) for name in types]
    if table.has_days:
        day = f"TRY_CAST(regexp_extract(filename, {literal(_DAY_IN_PATH)}, 1) AS DATE)"
        columns.append(f"{day} AS {CONTEXT_DATE}")
    return (
        f"CREATE VIEW {quoted(table.name)} AS SELECT {', '.join(columns)} FROM read_parquet("  # noqa: S608 - all quoted
        f"[{literal(no_rows)}, {literal(objects)}], "
        f"allow_empty = true, filename = true, schema = {_schema_parameter(types)})"
    )


def _schema_parameter(types: Mapping[str, str]) -> str:
    """Return the columns as the `schema` parameter of `read_parquet`.

    https://duckdb.org/docs/stable/data/parquet/overview#parameters
    """
    columns = (
        f"{literal(name)}: {{name: {literal(name)}, type: {literal(kind)}, default_value: NULL}}"
        for name, kind in types.items()
    )
    return f"MAP {{{', '.join(columns)}}}"


def quoted(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def is_finished(text: str) -> bool:
    """Check whether nothing but comments follows the last semicolon."""
    tokens = [token for token in _tokens(text) if not token.is_comment]
    return bool(tokens) and tokens[-1].is_semicolon


def without_end(statement: str) -> str:
    """Return a statement without its semicolon, and without the text after it."""
    ends = (token.start for token in _tokens(statement) if token.is_semicolon)
    return statement.encode()[: next(ends, None)].decode()


class _Token(NamedTuple):
    """A token of DuckDB's tokenizer."""

    start: int
    """In bytes."""
    is_comment: bool
    is_semicolon: bool


def _tokens(text: str) -> Iterator[_Token]:
    content = text.encode()
    for start, kind in duckdb.tokenize(text):
        is_operator = kind == duckdb.token_type.operator
        is_semicolon = is_operator and content[start : start + 1] == b";"
        yield _Token(start, kind == duckdb.token_type.comment, is_semicolon)
