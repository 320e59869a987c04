"""A DuckDB session over the lake: every table as a view, statements that Ctrl-C cancels."""

import glob
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from obstore.store import ObjectStore

from lambda_ingest.store import first_line
from tg_pipeline.lake.partitions import OBJECT_NAME, Lake
from tg_pipeline.marts.mart import TableGrain
from tg_pipeline.query.filesystem import PROTOCOL, STAR, LakeFiles
from tg_pipeline.query.quoting import literal, quoted
from tg_pipeline.query.rejected import write_table
from tg_pipeline.query.result_cells import Cells, ResultColumn
from tg_pipeline.query.tables import (
    ALL_TABLES,
    CONTEXT_DATE,
    MONTH,
    PARTITION_COLUMNS,
    REJECTED,
    QueryTable,
)
from tg_pipeline.temp_folders import temp_dir

_PARTITION_TYPES: Final = {CONTEXT_DATE: "DATE", MONTH: "VARCHAR"}

TIMEZONE_PARAMETER: Final = "timezone"
"""The parameter that a query can use, like the marts: the time zone of days and hours."""

DuckdbConfig = dict[str, str | bool | int | float | list[str]]
"""Settings of a connection, by name."""

OFFLINE: Final = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
"""Settings of DuckDB with which no query downloads code unless it is told to.

The statement INSTALL still does; in a confined session it is refused.
"""

CONFINED: Final = {"python_enable_replacements": False, "allow_persistent_secrets": False}
"""More settings for a confined session: no name in a query is a variable of this process."""

NO_ROWS: Final = "no-rows.parquet"
"""The name of a file without rows, which a table without files is read from."""

_DAY_IN_PATH: Final = rf"/{CONTEXT_DATE}=(\d{{4}}-\d{{2}}-\d{{2}})/[^/]+$"
_MONTH_IN_PATH: Final = rf"/{MONTH}=(\d{{4}}-\d{{2}})/[^/]+$"

DAMAGED: Final = (
    "If the file is damaged, tg-pipeline verify --repair and tg-pipeline run build it again; a "
    "condition on context_date leaves its day out."
)
"""What to do about an error of a file. A session compares no checksums itself."""

_CATALOG: Final = re.compile(
    r"\b(show|desc|describe|pragma|call|database)\b|schema|duckdb_|pg_|sqlite_"
)
"""Parts of statements that may ask which tables there are."""

_DAMAGE: Final = re.compile(r"No magic bytes found|Failed to read .*arquet|TProtocolException")
"""Parts of DuckDB's messages about files that are no Parquet."""

Result = TypeVar("Result")


_REJECTED_FILE_SCHEMA: Final = REJECTED.schema.append(pa.field(CONTEXT_DATE, pa.date32()))


@dataclass(frozen=True, slots=True)
class QueryColumn:
    """A column of a table as queries see it, with its type in DuckDB."""

    name: str
    type: str
    description: str


def columns_of(tables: Iterable[QueryTable]) -> dict[str, list[QueryColumn]]:
    """Return the columns of each table, by its name; the day or month is the last one."""
    with duckdb.connect(config=dict(OFFLINE)) as connection:
        return {table.name: _columns_of(connection, table) for table in tables}


def _columns_of(connection: duckdb.DuckDBPyConnection, table: QueryTable) -> list[QueryColumn]:
    described = {each.name: each.metadata[b"description"].decode() for each in table.schema}
    types = _types_of(connection, table)
    stored = [QueryColumn(name, types[name], text) for name, text in described.items()]
    of_folders = PARTITION_COLUMNS[table.grain].items()
    return stored + [QueryColumn(name, _PARTITION_TYPES[name], text) for name, text in of_folders]


def _types_of(connection: duckdb.DuckDBPyConnection, table: QueryTable) -> dict[str, str]:
    """Return DuckDB's types of the columns in a table's files, by name and in order."""
    empty = connection.from_arrow(table.schema.empty_table())
    return dict(zip(empty.columns, map(str, empty.types), strict=True))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a session may use that is confined more closely: statements can't write anything."""

    memory: str
    """Of DuckDB, such as `1GB`. A query that needs more fails: nothing is spilled to the disk, as
    statements could also write to the folder for that."""


class QueryError(Exception):
    """A statement can't be run; the message is DuckDB's, which shows the place of the mistake."""


class ConfinedError(QueryError):
    """A statement of a confined session is about more than the lake's tables."""


@contextmanager
def open_session(
    lake: Lake,
    zone: str,
    tables: Iterable[QueryTable] = ALL_TABLES,
    *,
    confined: bool | Limits = False,
    landing: Callable[[], ObjectStore] | None = None,
) -> Iterator["Session"]:
    """Open a session with `tables` as views over `lake`, and a temporary folder for spilling.

    With a `landing` zone, there is also the table `rejected`; it is opened if a statement names it.

    Clocks are in the time zone `zone`. If `confined`, statements can read the tables, and read and
    write the temporary folder, but nothing else: no file, no other object of the lake, no address,
    no extension and no setting; if `confined` by limits, they can write nothing. Raises QueryError.
    """
    tables = tuple(tables)
    with (
        temp_dir() as scratch,
        duckdb.connect(config=_config(scratch, confined=confined)) as connection,
    ):
        files = None
        if confined:
            files = LakeFiles(lake.store, map(object_pattern, tables), {NO_ROWS: _no_rows()})
        elif lake.folder is None:
            files = LakeFiles(lake.store, own={NO_ROWS: _no_rows()})
        if files:
            connection.register_filesystem(files)
        session = Session(connection, zone, scratch, files, is_confined=bool(confined))
        session.landing = landing
        session.run(f"SET TimeZone = {literal(zone)}")
        session.views = _Views(connection, None if files else lake.folder, tables, scratch)
        if confined:
            _confine(session, has_folder=not isinstance(confined, Limits))
        try:
            yield session
        finally:
            session.close()


def _config(scratch: Path, *, confined: bool | Limits) -> DuckdbConfig:
    config: DuckdbConfig = {
        **OFFLINE,
        **(CONFINED if confined else {}),
        "temp_directory": str(scratch),
    }
    if isinstance(confined, Limits):
        config |= {"memory_limit": confined.memory, "temp_directory": ""}
    return config


def _confine(session: "Session", *, has_folder: bool) -> None:
    """Restrict a session to the lake's files, which are read-only, and its temporary folder.

    https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
    """
    allowed = [f"{PROTOCOL}://", *([str(session.scratch)] if has_folder else [])]
    session.run(f"SET allowed_directories = [{', '.join(map(literal, allowed))}]")
    session.run("SET enable_external_access = false")
    session.run("SET lock_configuration = true")


def _no_rows() -> bytes:
    """Return a Parquet file without rows."""
    file = io.BytesIO()
    pq.write_table(pa.table({"none": pa.array([], pa.bool_())}), file)
    return file.getvalue()


class Session:
    """Runs statements on the lake's tables, one at a time."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        zone: str,
        scratch: Path,
        files: LakeFiles | None,
        *,
        is_confined: bool,
    ) -> None:
        """Use a connection; `files` is the filesystem of the tables, unless they are on disk."""
        self.landing: Callable[[], ObjectStore] | None = None
        """Opens the landing zone with the rejected bodies; None if there is no table of them."""
        self.views: _Views | None = None
        """The views that are created when a statement names them."""
        self._loads = 0
        self._connection, self._zone, self._files = connection, zone, files
        self._is_confined = is_confined
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="sql")
        self.scratch = scratch
        """The temporary folder, to which statements can write, also if the session is confined."""

    def run(self, sql: str) -> None:
        """Run a statement for its effect; raises QueryError."""
        self._with_tables(sql, lambda: self._connection.execute(sql))

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
        return self._with_tables(query, lambda: read(self._connection.sql(query, params=params)))

    def copy(
        self,
        statement: duckdb.Statement,
        target: str,
        options: str,
        *,
        cells: Cells | None = None,
    ) -> None:
        """Stream a query's rows to a file, in the format of COPY's `options`; raises QueryError.

        `cells` may change the cells of a query.
        """
        query, params = without_end(statement.query), self._params(statement)

        def copy() -> None:
            rows = cells(query, self._columns(query, params)) if cells else query
            self._connection.execute(f"COPY (\n{rows}\n) TO {literal(target)} ({options})", params)

        self._with_tables(query, copy)

    def _with_tables(self, query: str, work: Callable[[], Result]) -> Result:
        """Run `work`, a statement, with the tables that it may read."""
        self._load_rejected(query)
        views = self.views
        if views is None:
            return self._interruptible(work)
        self._interruptible(lambda: views.create_named(query))
        try:
            return self._interruptible(work)
        except QueryError as error:
            if not (views.waiting and isinstance(error.__cause__, duckdb.CatalogException)):
                raise
        # No such name: with all tables there, DuckDB knows it after all, or says which is similar.
        self._interruptible(views.create_all)
        return self._interruptible(work)

    def _load_rejected(self, query: str) -> None:
        """Read the rejected bodies into a file of the view, if a statement names it.

        Raises StoreError. The file is a new one each time: the last one may still be read.
        """
        if self.landing is None or REJECTED.name not in query.lower():
            return
        self._loads += 1
        path = self.scratch / f"{REJECTED.name}-{self._loads}.parquet"
        write_table(self.landing(), path, _REJECTED_FILE_SCHEMA)
        columns = ", ".join(map(quoted, _REJECTED_FILE_SCHEMA.names))
        view = (
            f"CREATE OR REPLACE TEMP VIEW {quoted(REJECTED.name)} AS "  # noqa: S608 - all quoted
            f"SELECT {columns} FROM read_parquet({literal(str(path))})"
        )
        self._interruptible(lambda: self._connection.execute(view))
        for older in self.scratch.glob(f"{REJECTED.name}-*.parquet"):
            if older != path:
                older.unlink()

    def _columns(self, query: str, params: dict[str, str] | None) -> list[ResultColumn]:
        nothing = self._connection.sql(f"FROM (\n{query}\n) LIMIT 0", params=params)
        return list(map(ResultColumn, nothing.columns, nothing.types))

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
            is_refused = self._is_confined and _is_refusal(error)
            kind = ConfinedError if is_refused else QueryError
            raise kind(self._reason(error)) from error

    def _reason(self, error: duckdb.Error) -> str:
        """Return the store's error if there is one, else DuckDB's."""
        failure = self._files.failure if self._files else None
        reason = first_line(failure) if failure else str(error).strip()
        return f"{reason}. {DAMAGED}" if _DAMAGE.search(reason) else reason


def _is_refusal(error: duckdb.Error) -> bool:
    is_locked = "the configuration has been locked" in str(error)
    return isinstance(error, duckdb.PermissionException) or is_locked


class _Views:
    """The tables' views, each created before the first statement that names it.

    Creating one takes 2 ms, and in a bucket a listing.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        folder: Path | None,
        tables: Iterable[QueryTable],
        scratch: Path,
    ) -> None:
        """Prepare; writes a file into `scratch`.

        The objects are files in `folder`, or without one those of the registered filesystem.
        """
        self._connection = connection
        self._root = f"{PROTOCOL}://" if folder is None else folder_pattern(folder)
        self._no_rows = f"{PROTOCOL}://{NO_ROWS}"
        if folder is not None:
            path = scratch / NO_ROWS
            path.write_bytes(_no_rows())
            self._no_rows = str(path)
        self.waiting = {table.name: table for table in tables}
        """The tables that have no view yet."""

    def create_named(self, query: str) -> None:
        """Create the views that a statement names; all, if it may ask which tables there are."""
        text = query.lower()
        if _CATALOG.search(text):
            self.create_all()
        for name in [each for each in self.waiting if each in text]:
            self._create(name)

    def create_all(self) -> None:
        """Create all views that there are not yet."""
        for name in list(self.waiting):
            self._create(name)

    def _create(self, name: str) -> None:
        table = self.waiting[name]
        types = _types_of(self._connection, table)
        objects = f"{self._root}{object_pattern(table)}"
        self._connection.execute(_view_sql(table, types, objects, self._no_rows))
        del self.waiting[name]


def object_pattern(table: QueryTable) -> str:
    """Return the pattern of a table's keys in the lake, with a star for the day or the month."""
    partition = [f"{name}={STAR}" for name in PARTITION_COLUMNS[table.grain]]
    return "/".join([table.folder, *partition, OBJECT_NAME])


def folder_pattern(folder: Path) -> str:
    """Return a folder as the beginning of a pattern of DuckDB."""
    return f"{glob.escape(str(folder))}/"


def _view_sql(table: QueryTable, types: Mapping[str, str], objects: str, no_rows: str) -> str:
    """Return the statement that creates a table's view over the files that match `objects`.

    `no_rows` is a file without rows, read if there is no other.
    """
    files = f"[{literal(no_rows)}, {literal(objects)}], allow_empty = true"
    return f"CREATE VIEW {quoted(table.name)} AS {rows_sql(table, types, files)}"


def rows_sql(
    table: QueryTable,
    types: Mapping[str, str],
    files: str,
    expressions: Mapping[str, str] | None = None,
) -> str:
    """Return the query for a table's rows in `files`, the first parameters of read_parquet.

    The columns are the declared ones, of the DuckDB `types`, whatever a file has: a column that an
    older file lacks is null. The day or month comes from the file's name, by which DuckDB also
    skips the files of others. `expressions` replace columns.
    """
    columns = [(expressions or {}).get(name, quoted(name)) for name in types]
    if table.grain is TableGrain.DAY:
        day = f"TRY_CAST(regexp_extract(filename, {literal(_DAY_IN_PATH)}, 1) AS DATE)"
        columns.append(f"{day} AS {CONTEXT_DATE}")
    elif table.grain is TableGrain.MONTH:
        columns.append(f"regexp_extract(filename, {literal(_MONTH_IN_PATH)}, 1) AS {MONTH}")
    return (
        f"SELECT {', '.join(columns)} FROM read_parquet("  # noqa: S608 - all quoted
        f"{files}, filename = true, schema = {_schema_parameter(types)})"
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
