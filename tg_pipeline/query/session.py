"""A DuckDB session with the lake's tables in it: asked in SQL, cancelled by Ctrl-C."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import duckdb

from lambda_ingest.store import first_line
from tg_pipeline.lake.lake import Lake
from tg_pipeline.query.lake_files import LakeFiles
from tg_pipeline.query.semicolons import without_end
from tg_pipeline.query.tables import ALL_TABLES, QueryTable
from tg_pipeline.query.views import literal, view_statements

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
