"""The lake as a DuckDB database file, for tools that open such a file.

The file has views that read the lake's files, so that they show what is there when they are read;
or copies of the tables, for a lake in a bucket, which a tool would need an extension and
credentials for.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import duckdb

from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline.query.quoting import literal, quoted
from tg_pipeline.query.session import (
    OFFLINE,
    QueryColumn,
    QueryError,
    columns_of,
    folder_pattern,
    object_pattern,
    open_session,
    rows_sql,
)
from tg_pipeline.query.tables import ALL_TABLES, QueryTable
from tg_pipeline.storage.object_store import shared_uri
from tg_pipeline.temp_folders import temp_dir

MARKER: Final = "tg_pipeline_export"
"""The table that tells what a file holds. A file without it is not replaced."""

STORAGE_VERSION: Final = "v1.0.0"
"""The oldest format with comments on views: tools have DuckDB of another version.

https://duckdb.org/docs/stable/internals/storage
"""

VERBATIM: Final = frozenset({RAW_UPDATES.name, QUARANTINE.name, DEDUPED_UPDATES.name})
"""Tables with all that Telegram sent, without pseudonyms; none is copied."""

_FILE: Final = "lake_file"
"""The name of the file within the connection that writes it."""

_AS_TEXT: Final = {"payload": "coalesce(TRY(decode(payload)), CAST(payload AS VARCHAR)) AS payload"}
"""Tools show bytes as hexadecimal digits or not at all. Bytes that are no UTF-8 are escaped."""


@dataclass(frozen=True, slots=True)
class DatabaseFile:
    """What was written."""

    tables: tuple[str, ...]
    left_out: tuple[str, ...]
    """Tables with all that Telegram sent, which stay behind."""
    empty: tuple[str, ...]
    """Tables that have no files in the lake yet: they stay empty until the file is written again.
    """


@dataclass(frozen=True, slots=True)
class LakeExport:
    """What is written to a database file."""

    lake: Lake
    zone: str
    """The time zone of days and hours in the tables."""
    written_at: datetime
    is_copy: bool
    """Whether tables are copied; those of a lake in a bucket always are."""
    has_pseudonyms: bool
    """Whether ids and names are replaced in the tables that analysts read."""

    @property
    def left_out(self) -> list[QueryTable]:
        """The tables that stay behind."""
        has_verbatim = not (self.is_copy or self.has_pseudonyms)
        return [each for each in ALL_TABLES if not has_verbatim and each.name in VERBATIM]

    @property
    def tables(self) -> list[QueryTable]:
        """The tables of the file."""
        return [each for each in ALL_TABLES if each not in self.left_out]

    @property
    def note(self) -> str:
        """What a reader of the file must know."""
        if self.is_copy:
            return (
                "A copy of the tables as they were then. tg-pipeline forget does not reach it: "
                "write or delete it again when somebody is forgotten."
            )
        return "Views of the lake's files: they show what is there when they are read."


def write_database(
    path: Path, export: LakeExport, watch: Callable[[list[QueryTable]], Iterable[QueryTable]]
) -> DatabaseFile:
    """Write a database file, which replaces an earlier one at `path` once it is complete.

    `watch` yields the tables that it is given, to show progress. Raises CommandError, QueryError
    and StoreError.
    """
    target = path.resolve()
    _check_target(path, target, export.lake)
    with temp_dir(target.parent) as folder:
        incomplete = folder / target.name
        with _statements(export) as run:
            version = f"STORAGE_VERSION {literal(STORAGE_VERSION)}"
            run(f"ATTACH {literal(str(incomplete))} AS {_FILE} ({version})")
            _mark(run, export)
            columns = columns_of(export.tables)
            empty = [
                table.name
                for table in watch(export.tables)
                if not _create(run, export, table, columns[table.name])
            ]
            # One transaction: else each of some 500 comments is written to the disk on its own.
            run("BEGIN")
            for table in export.tables:
                _comment(run, export, table, columns[table.name])
            run("COMMIT")
            run(f"DETACH {_FILE}")
        # What a tool wrote into the earlier file, which is not part of the new one.
        target.with_name(f"{target.name}.wal").unlink(missing_ok=True)
        incomplete.replace(target)
    names, left_out = (
        tuple(each.name for each in tables) for tables in (export.tables, export.left_out)
    )
    return DatabaseFile(names, left_out, tuple(empty))


def _check_target(path: Path, target: Path, lake: Lake) -> None:
    """Raise CommandError unless `target` is new, or a file that was written here before."""
    if not target.parent.is_dir():
        raise CommandError(f"--export {path}: the folder {path.parent} does not exist.")
    if lake.folder and target.is_relative_to(lake.folder.resolve()):
        raise CommandError(f"--export {path} is in the lake: choose a place outside of it.")
    if not target.exists():
        return
    if not os.access(target, os.R_OK):
        raise CommandError(f"--export {path} exists and can't be read.")
    if not target.is_file() or not _is_ours(path, target):
        raise CommandError(
            f"--export {path} exists and was not written by --export: choose another name, or "
            "delete it."
        )


def _is_ours(path: Path, target: Path) -> bool:
    try:
        with duckdb.connect(str(target), read_only=True, config=dict(OFFLINE)) as connection:
            found = connection.execute(
                "SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [MARKER]
            ).fetchone()
    except duckdb.IOException as error:
        if "lock on file" in str(error):
            raise CommandError(
                f"--export {path} is open for writing in another program: let it open the file "
                "read-only, or write to another name and move that over it."
            ) from None
        return False
    except duckdb.Error:
        return False
    return found == (1,)


@contextmanager
def _statements(export: LakeExport) -> Iterator[Callable[[str], object]]:
    """Return what runs a statement; tables that are copied are views of the connection."""
    if export.is_copy:
        with open_session(export.lake, export.zone, export.tables) as session:
            yield session.run
    else:
        with duckdb.connect(config=dict(OFFLINE)) as connection:
            yield partial(_run, connection)


def _run(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    try:
        connection.execute(statement)
    except duckdb.Error as error:
        raise QueryError(str(error)) from error


def _mark(run: Callable[[str], object], export: LakeExport) -> None:
    run(
        f"CREATE TABLE {_FILE}.{MARKER} AS SELECT "
        f"{literal(export.written_at.isoformat())}::TIMESTAMPTZ AS written_at, "
        f"{export.is_copy} AS is_copy, {literal(shared_uri(export.lake.store) or '')} AS lake, "
        f"{literal(export.zone)} AS timezone, {literal(export.note)} AS note"
    )
    run(f"COMMENT ON TABLE {_FILE}.{MARKER} IS 'What this file holds, and when it was written.'")


def _create(
    run: Callable[[str], object],
    export: LakeExport,
    table: QueryTable,
    columns: list[QueryColumn],
) -> bool:
    """Create a table or its view; return False if it is empty until the file is written again."""
    if not export.is_copy:
        return _create_view(run, export.lake, table, columns)
    run(f"CREATE TABLE {_FILE}.{quoted(table.name)} AS FROM memory.{quoted(table.name)}")
    return True


def _create_view(
    run: Callable[[str], object], lake: Lake, table: QueryTable, columns: list[QueryColumn]
) -> bool:
    """Create the view of a table; return False if it has no files, so that it has no rows.

    A view with files fails if there are none any more, as when the lake was moved: without rows,
    that would look like a lake without updates.
    """
    view = f"{_FILE}.{quoted(table.name)}"
    pattern = object_pattern(table)
    types = {each.name: each.type for each in columns}
    if lake.folder is None or next(lake.folder.glob(pattern), None) is None:
        types = {name: "VARCHAR" if name in _AS_TEXT else kind for name, kind in types.items()}
        nothing = ", ".join(
            f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in types.items()
        )
        run(f"CREATE VIEW {view} AS SELECT {nothing} WHERE false")
        return False
    stored = {name: types[name] for name in table.schema.names}
    files = literal(f"{folder_pattern(lake.folder.resolve())}{pattern}")
    run(f"CREATE VIEW {view} AS {rows_sql(table, stored, files, _AS_TEXT)}")
    return True


def _comment(
    run: Callable[[str], object],
    export: LakeExport,
    table: QueryTable,
    columns: list[QueryColumn],
) -> None:
    kind, name = "TABLE" if export.is_copy else "VIEW", f"{_FILE}.{quoted(table.name)}"
    run(f"COMMENT ON {kind} {name} IS {literal(table.description)}")
    for column in columns:
        run(f"COMMENT ON COLUMN {name}.{quoted(column.name)} IS {literal(column.description)}")
