"""The search for a person in every object and file: Parquet, SQLite, JSON and raw bytes."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast

import pyarrow as pa
import pyarrow.compute as pc
from obstore.store import LocalStore, ObjectStore

from lambda_ingest.synthetic.replies import REPLIES_PREFIX
from tg_pipeline.landing.sealed_objects import (
    DamagedSealedObjectError,
    is_sealed_key,
    read_content,
)
from tg_pipeline.privacy.landed_objects import WITHOUT_PEOPLE, lines_of, redact
from tg_pipeline.privacy.landing import (
    contains_person,
    key_of_temp_file,
    map_concurrent,
    read_all,
    temp_files,
)
from tg_pipeline.privacy.traces import Traces
from tg_pipeline.storage.object_io import open_object
from tg_pipeline.storage.object_store import list_pages
from tg_pipeline.storage.parquet import (
    GROUP_ROWS,
    DamagedError,
    open_file,
    read_batches,
    text_metadata,
)

SHOWN: Final = 10
"""Places that are named if something is left."""

PARQUET: Final = ".parquet"
SQLITE: Final = b"SQLite format 3\0"

GROUP: Final = 64
"""Objects of the lake that are searched between two reports of the progress."""

ID_COLUMNS: Final = re.compile(
    r"(?:.*_)?(?:user|users|person|speaker|answerer|member|members|chat|bot|bots)_ids?(?:_then)?"
)
"""Columns with ids of people; private chats have the ids of people, too."""

NOT_FROM_PEOPLE: Final = frozenset({"object_key", "reason", "content_digest"})
"""Columns of texts that no person wrote."""

Progress = Callable[[int], object]
"""Called with the number of objects that were just searched."""


@dataclass(slots=True)
class Finding:
    """What a search of one place found."""

    place: str
    searched: int = 0
    left: int = 0
    """Objects that contain the person."""
    examples: list[str] = field(default_factory=list)
    unreachable: str = ""
    """Why the place could not be searched; empty if it was."""

    @property
    def is_clean(self) -> bool:
        """Whether the place was searched, and nothing was found."""
        return not self.left and not self.unreachable

    def count(self, name: str, *, is_in: bool) -> None:
        """Count an object that was searched."""
        self.searched += 1
        self.left += is_in
        if is_in and len(self.examples) < SHOWN:
            self.examples.append(name)


def search_landing(
    landing: ObjectStore, traces: Traces, finding: Finding, on_progress: Progress
) -> None:
    """Search all objects of the landing zone, and temporary files; raises StoreError."""
    for stored in read_all(landing, on_progress=on_progress):
        finding.count(stored.key, is_in=is_in_landed(stored.key, stored.body, traces))
    if isinstance(landing, LocalStore) and landing.prefix is not None:
        folder = Path(landing.prefix)
        for path in temp_files(folder):
            finding.count(str(path), is_in=_is_in_temp_file(folder, path, traces))


def _is_in_temp_file(folder: Path, path: Path, traces: Traces) -> bool:
    try:
        key = key_of_temp_file(folder, path)
        return is_in_file(path, traces) or contains_person(key, path.read_bytes(), traces)
    except FileNotFoundError:
        return False


def is_in_landed(key: str, body: bytes, traces: Traces) -> bool:
    """Return whether an object of the landing zone contains the person.

    A sealed object that is damaged may.
    """
    if is_sealed_key(key):
        try:
            return any(is_in_landed(o.key, o.content, traces) for o in read_content(key, body))
        except DamagedSealedObjectError:
            return True
    if key.partition("/")[0] in WITHOUT_PEOPLE:
        return traces.in_bytes(body)
    if redact(key, body, traces.tombstones).body is not body:
        return True
    return any(map(traces.in_update, lines_of(key, body)))


def is_in_old_version(key: str, body: bytes, traces: Traces) -> bool:
    """Return whether a version of a landed object, which is not current, may contain the person.

    A reply is only ever deleted, and then perhaps since it replied to the person.
    """
    return key.startswith(f"{REPLIES_PREFIX}/") or is_in_landed(key, body, traces)


def search_lake(lake: ObjectStore, traces: Traces, finding: Finding, on_progress: Progress) -> None:
    """Search all current objects of the lake; raises StoreError."""

    def check(key: str) -> bool:
        if not key.endswith(PARQUET):
            source = open_object(lake, key)
            if source is None:
                return False
            with source:
                return traces.in_bytes(bytes(source.read()))
        source = open_object(lake, key)
        return source is not None and is_in_parquet(source, traces)

    keys = sorted(meta["path"] for page in list_pages(lake, "") for meta in page)
    for start in range(0, len(keys), GROUP):
        group = keys[start : start + GROUP]
        for key, found in zip(group, map_concurrent(lake, check, group), strict=True):
            finding.count(key, is_in=found)
        on_progress(len(group))
    if isinstance(lake, LocalStore) and lake.prefix is not None:
        for path in temp_files(Path(lake.prefix)):
            finding.count(str(path), is_in=is_in_file(path, traces))


def search_folder(
    folder: Path, traces: Traces, finding: Finding, *, without: tuple[Path, ...] = ()
) -> None:
    """Search all files below a folder, except those below some others."""
    excluded = {path.resolve() for path in without}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and excluded.isdisjoint(path.resolve().parents):
            finding.count(str(path), is_in=is_in_file(path, traces))


def is_in_file(path: Path, traces: Traces) -> bool:
    """Return whether a file contains the person; a file that has vanished does not."""
    try:
        with path.open("rb") as source:
            if path.name.endswith(PARQUET):
                return is_in_parquet(source, traces)
            content = source.read()
    except FileNotFoundError:
        return False
    if content.startswith(SQLITE) and any(map(traces.in_bytes, sqlite_values(path))):
        # A long value is torn into pages, and some are compressed.
        return True
    return traces.in_bytes(content)


def is_in_object(key: str, body: bytes, traces: Traces) -> bool:
    """Return whether an object of the lake contains the person."""
    if key.endswith(PARQUET):
        return is_in_parquet(cast("BinaryIO", pa.BufferReader(body)), traces)
    return traces.in_bytes(body)


def is_in_parquet(source: BinaryIO, traces: Traces) -> bool:
    """Return whether a Parquet file contains the person; a damaged one is searched as bytes."""
    with source:
        try:
            file = open_file(source, pre_buffer=False)
            if traces.in_text(repr(text_metadata(file.metadata))):
                return True
            batches = read_batches(file, None, GROUP_ROWS)
            return any(_is_in_batch(batch, traces) for batch in batches)
        except (DamagedError, OSError):
            source.seek(0)
            return traces.in_bytes(bytes(source.read()))


def sqlite_values(database: Path) -> Iterator[bytes]:
    """Yield all texts and blobs of a SQLite database; raises sqlite3.Error."""
    address = f"{database.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            name = table.decode().replace('"', '""')
            for row in connection.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - its own name
                for value in row:
                    if isinstance(value, bytes):
                        yield value


def _is_in_batch(batch: pa.RecordBatch, traces: Traces) -> bool:
    return any(
        _is_in_column(name, column, traces)
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
        if name not in NOT_FROM_PEOPLE
    )


def _is_in_column(name: str, column: pa.Array, traces: Traces) -> bool:
    if pa.types.is_list(column.type):
        column = column.flatten()
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if kind == pa.int64():
        wanted = pa.array(traces.ids, pa.int64())
        is_id = bool(ID_COLUMNS.fullmatch(name))
        return is_id and bool(pc.any(pc.is_in(column, value_set=wanted)).as_py())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return any(traces.in_update(each) for each in column.to_pylist() if each)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return any(traces.in_value(each, name) for each in column.unique().to_pylist() if each)
    return False
