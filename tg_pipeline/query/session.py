"""A DuckDB session with the lake's tables in it: asked in SQL, cancelled by Ctrl-C."""

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


class _Token(NamedTuple):
    """A token, as DuckDB's own tokenizer tells it."""

    start: int
    """In bytes."""
    is_comment: bool
    is_semicolon: bool


def is_finished(text: str) -> bool:
    """Say whether nothing but comments follows the last semicolon."""
    tokens = [token for token in _tokens(text) if not token.is_comment]
    return bool(tokens) and tokens[-1].is_semicolon


def without_end(statement: str) -> str:
    """Give a statement without its semicolon, and without what follows that."""
    ends = (token.start for token in _tokens(statement) if token.is_semicolon)
    return statement.encode()[: next(ends, None)].decode()


def _tokens(text: str) -> Iterator[_Token]:
    content = text.encode()
    for start, kind in duckdb.tokenize(text):
        is_operator = kind == duckdb.token_type.operator
        is_semicolon = is_operator and content[start : start + 1] == b";"
        yield _Token(start, kind == duckdb.token_type.comment, is_semicolon)


CONTEXT_DATE: Final = "context_date"
"""The column that tells a partition's day; it stands in the folder's name, not in the file."""

THE_DAY: Final = "The local day it happened."


@dataclass(frozen=True, slots=True)
class QueryTable:
    """A table of the lake as it is asked for."""

    name: str
    description: str
    schema: pa.Schema
    """The columns of its files, each with a description."""

    folder: str
    """Where it lies in the lake."""

    has_days: bool
    """Whether it has a partition a day, or is one object."""

    @classmethod
    def of(cls, table: Table) -> "QueryTable":
        """Give a layer or a mart, from its declaration."""
        description = table.schema.metadata[b"description"].decode()
        return cls(table.name, description, table.schema, table.name, is_daily(table))


TELEGRAM: Final = QueryTable(
    name="telegram",
    description="One row per update of every type, flat and typed.",
    schema=ENRICHED_UPDATES.schema,
    folder=ENRICHED_UPDATES.name,
    has_days=True,
)
"""The original's table, under its name: the rows of enriched_updates."""

LAYERS: Final = tuple(map(QueryTable.of, ALL_LAYERS))
MARTS: Final = tuple(map(QueryTable.of, ALL_MARTS))
ALL_TABLES: Final = (*LAYERS, TELEGRAM, *MARTS)


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


OFFLINE: Final = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
"""A query never downloads code."""

ZONE: Final = "timezone"
"""The parameter that a query can have, as the marts have it: the zone that days are counted in."""

Answer = TypeVar("Answer")


class QueryError(Exception):
    """A statement can't be run; the message is DuckDB's, which points at the place."""


@contextmanager
def open_session(
    lake: Lake, zone: str, tables: Iterable[QueryTable] = ALL_TABLES
) -> Iterator["Session"]:
    """Open a session that has `tables` as views over `lake`, and spills to a folder of its own.

    Raises QueryError.
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
    """Statements against the lake's tables, one at a time."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, zone: str, files: LakeFiles | None
    ) -> None:
        """Ask through `connection`, with clocks in `zone`, and `files` where no disk has them."""
        self._connection, self._zone, self._files = connection, zone, files
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="sql")

    def run(self, sql: str) -> None:
        """Run a statement for its effect; raises QueryError."""
        self._interruptibly(lambda: self._connection.execute(sql))

    def statements(self, sql: str) -> list[duckdb.Statement]:
        """Split what may be several statements; raises QueryError."""
        return self._interruptibly(lambda: self._connection.extract_statements(sql))

    def ask(
        self,
        statement: duckdb.Statement,
        read: Callable[[duckdb.DuckDBPyRelation], Answer],
    ) -> Answer:
        """Run a statement and give what `read` makes of its rows; raises QueryError."""
        params = self._params(statement)
        return self._interruptibly(lambda: read(self._connection.sql(statement, params=params)))

    def copy(self, statement: duckdb.Statement, target: str, options: str) -> None:
        """Write a query's rows to a file as they come, in the form that `options` say.

        Raises QueryError.
        """
        query, params = without_end(statement.query), self._params(statement)
        sql = f"COPY (\n{query}\n) TO {literal(target)} ({options})"
        self._interruptibly(lambda: self._connection.execute(sql, params))

    def close(self) -> None:
        """Let go of the worker."""
        self._worker.shutdown()

    def _params(self, statement: duckdb.Statement) -> dict[str, str] | None:
        return {ZONE: self._zone} if ZONE in statement.named_parameters else None

    def _interruptibly(self, work: Callable[[], Answer]) -> Answer:
        """Do the work aside, so that an interrupt comes through while DuckDB is at it."""
        if self._files:
            self._files.failure = None
        under_way = self._worker.submit(work)
        try:
            return under_way.result()
        except KeyboardInterrupt:
            self._connection.interrupt()
            under_way.exception()
            raise
        except duckdb.Error as error:
            raise QueryError(self._reason(error)) from error

    def _reason(self, error: duckdb.Error) -> str:
        """Give what DuckDB says, or what lies under it where the lake can't be read."""
        failure = self._files.failure if self._files else None
        return first_line(failure) if failure else str(error).strip()
