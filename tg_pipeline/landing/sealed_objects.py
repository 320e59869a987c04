"""Sealed objects: landed objects of a day in one Parquet object, with all that restores them.

It is in the folder of its day, so that one listing finds it together with the objects that landed
on their own, and everything that copies, expires or counts a day's folder treats it like these. Its
name has a digest of its rows: other rows are another object, so it is never replaced, and nobody
who reads it needs to know who else is sealing.
"""

import heapq
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from obstore.store import LocalStore, ObjectStore, S3Store

from lambda_ingest.arrivals import RECEIVED_AT, format_arrival, parse_arrival
from lambda_ingest.landing import LANDING_PREFIX, day_prefix
from lambda_ingest.local_disk import STAGED
from lambda_ingest.store import StoreError
from tg_pipeline.storage.errors import TransientStoreError, uri_of
from tg_pipeline.storage.fingerprints import FINGERPRINT_CHARACTERS, RowHasher
from tg_pipeline.storage.object_io import move_file, open_object, put_file
from tg_pipeline.storage.object_store import escaped
from tg_pipeline.storage.parquet import (
    FOOTER_READ_BYTES,
    DamagedError,
    ParquetWriter,
    check_checksums,
    open_file,
    read_batches,
)
from tg_pipeline.temp_folders import temp_dir

if TYPE_CHECKING:
    from datetime import datetime

_TIME: Final = pa.timestamp("us", tz="UTC")

SEALED_OBJECTS: Final = pa.schema(
    [
        ("object_key", pa.string()),
        ("last_modified", _TIME),
        ("size", pa.int64()),
        ("version", pa.uint32()),
        ("received_at", _TIME),
        ("attributes", pa.string()),
        ("content", pa.binary()),
    ]
)
"""One row per object, in the order of the keys. The first four columns are what the store listed of
it. `received_at` is when it arrived, as its metadata or a journal said, else the listing's time;
`attributes` is its metadata as JSON; `content` its bytes as they were stored."""

_PROVEN: Final = [field.name for field in SEALED_OBJECTS if field.name != "version"]
"""The columns that are compared with what was written. A version can be null."""

_NAME: Final = re.compile(
    rf"{LANDING_PREFIX}/context_date=\d{{4}}-\d{{2}}-\d{{2}}"
    rf"/sealed-[0-9a-f]{{{FINGERPRINT_CHARACTERS}}}\.parquet"
)

NAME_START: Final = "sealed-"

BATCH_ROWS: Final = 4_000
"""Objects per batch."""

LISTED_ROWS: Final = 65_536
"""Objects per batch without their contents."""

BATCH_BYTES: Final = 8 * 1024 * 1024
"""Bytes of content at which a batch is full, if reached first."""


class SealedObject(NamedTuple):
    """An object; its times are in µs since 1970, in UTC."""

    key: str
    last_modified: int
    size: int
    version: int | None
    received_at: int
    attributes: str
    content: bytes

    def metadata(self) -> dict[str, str]:
        """Return the metadata to restore it with: always with the time of its arrival."""
        stored: dict[str, str] = json.loads(self.attributes)
        if parse_arrival(stored.get(RECEIVED_AT, "")) is None:
            stored[RECEIVED_AT] = format_arrival(from_microseconds(self.received_at))
        return stored


class DamagedSealedObjectError(StoreError):
    """A sealed object has other bytes than were written: the message says which, and what to do."""

    def __init__(self, place: str, error: DamagedError) -> None:
        """Describe the object at `place`."""
        super().__init__(f"{place} is damaged, {error}: restore it from a backup or an old version")


class SealedObjectGoneError(TransientStoreError):
    """A sealed object was listed, and is gone: another one took its place."""


def sealed_key(day: date, digest: str) -> str:
    """Return the key of the sealed object of a day whose rows have a digest."""
    return f"{day_prefix(day)}/{NAME_START}{digest}.parquet"


def is_sealed_key(key: str) -> bool:
    """Return whether a key is that of a sealed object."""
    return _NAME.fullmatch(key) is not None


def day_of_sealed(key: str) -> date:
    """Return the day of a sealed object."""
    return date.fromisoformat(key.split("/")[1].removeprefix("context_date="))


def from_microseconds(instant: int) -> "datetime":
    """Return an instant as an aware time."""
    found: datetime = pa.scalar(instant, _TIME).as_py()
    return found


# Reading


def keys_of_sealed(stored: pa.Table) -> list[str]:
    """Return the keys of the sealed objects among those of a day's listing."""
    may_be = pc.match_substring(stored["object_key"], f"/{NAME_START}")
    return list(filter(is_sealed_key, stored["object_key"].filter(may_be).to_pylist()))


def list_sealed(
    landing: ObjectStore, keys: Iterable[str], unreadable: list[str] | None = None
) -> pa.Table:
    """Return what the store listed of the objects in sealed ones, in the order of their keys.

    `sealed_in` is the key of the sealed object. An object that is in several, because a process
    was killed that was making one of them, is listed once: as it landed first. Sealed objects that
    are damaged are added to `unreadable`, if it is given. Raises StoreError.
    """
    tables = [_LISTED.empty_table()]
    for key in keys:
        try:
            tables.append(_list_one(landing, key))
        except DamagedSealedObjectError:
            if unreadable is None:
                raise
            unreadable.append(escaped(key.encode()))
    found = pa.concat_tables(tables)
    order = [(name, "ascending") for name in ("object_key", "last_modified", "sealed_in")]
    found = found.sort_by(order).combine_chunks()
    names = found["object_key"].combine_chunks()
    is_first = pc.not_equal(names[1:], names[:-1])
    return pa.concat_tables([found.slice(0, 1), found.slice(1).filter(is_first)])


_LISTED: Final = pa.schema([*list(SEALED_OBJECTS)[:4], ("sealed_in", pa.string())])


def _list_one(landing: ObjectStore, key: str) -> pa.Table:
    with _opened(landing, key) as file:
        batches = read_batches(file, _LISTED.names[:-1], LISTED_ROWS)
        rows = pa.Table.from_batches(batches, pa.schema(list(_LISTED)[:-1]))
    return rows.append_column(_LISTED.field("sealed_in"), pa.repeat(key, len(rows)))


def read_sealed(landing: ObjectStore, listed: pa.Table) -> Iterator[SealedObject]:
    """Yield objects of a listing that has `sealed_in`, in the order of their keys.

    The listing must be in that order. Raises StoreError.
    """
    parts = listed["sealed_in"].unique().to_pylist()
    wanted = {
        key: listed["object_key"].filter(pc.equal(listed["sealed_in"], key)).combine_chunks()
        for key in parts
    }
    streams = (_read_one(landing, key, keys) for key, keys in wanted.items())
    return heapq.merge(*streams, key=attrgetter("key"))


def read_whole(landing: ObjectStore, key: str) -> Iterator[SealedObject]:
    """Yield all objects in a sealed one; raises StoreError."""
    return _read_one(landing, key, None)


def read_content(key: str, content: bytes) -> Iterator[SealedObject]:
    """Yield all objects in the content of a sealed one; raises DamagedSealedObjectError."""
    try:
        file = open_file(pa.BufferReader(content), pre_buffer=False)
        for batch in read_batches(file, None, BATCH_ROWS):
            yield from _rows(batch)
    except DamagedError as error:
        raise DamagedSealedObjectError(key, error) from None


def _read_one(landing: ObjectStore, key: str, wanted: pa.Array | None) -> Iterator[SealedObject]:
    """Yield the wanted objects, all of which must be there; all objects if `wanted` is None.

    Row groups without a wanted object are not fetched.
    """
    with _opened(landing, key) as file:
        if wanted is None or len(wanted) == file.metadata.num_rows:
            for batch in read_batches(file, None, BATCH_ROWS):
                yield from _rows(batch)
            return
        found = 0
        for group in range(file.num_row_groups):
            if found == len(wanted):
                return
            if _ends_before(file, group, wanted[found].as_py()):
                continue
            for batch in read_batches(file, None, BATCH_ROWS, [group]):
                # Both are in order, so those in this batch are among the next of as many.
                following = wanted.slice(found, batch.num_rows)
                rows = batch.filter(pc.is_in(batch["object_key"], value_set=following))
                found += rows.num_rows
                yield from _rows(rows)
        if found < len(wanted):
            raise DamagedError(f"{len(wanted) - found} of its objects are missing")


def _ends_before(file: pq.ParquetFile, group: int, key: str) -> bool:
    statistics = file.metadata.row_group(group).column(0).statistics
    return bool(statistics and statistics.has_min_max and statistics.max < key)


@contextmanager
def _opened(landing: ObjectStore, key: str) -> Iterator[pq.ParquetFile]:
    with _source(landing, key) as source:
        yield open_file(source, pre_buffer=not isinstance(landing, LocalStore))


@contextmanager
def _source(landing: ObjectStore, key: str) -> Iterator[BinaryIO]:
    source = open_object(landing, key, FOOTER_READ_BYTES)
    if source is None:
        raise SealedObjectGoneError(f"{key} was replaced while it was being read: try again.")
    with source:
        try:
            yield source
        except DamagedError as error:
            raise DamagedSealedObjectError(_place(landing, key), error) from None


def _place(landing: ObjectStore, key: str) -> str:
    if isinstance(landing, S3Store):
        return f"{uri_of(landing)}/{key}"
    return f"{landing.prefix}/{key}" if isinstance(landing, LocalStore) else key


def _rows(batch: pa.RecordBatch) -> Iterator[SealedObject]:
    columns = (
        column.cast(pa.int64()) if column.type == _TIME else column for column in batch.columns
    )
    return map(SealedObject, *(column.to_pylist() for column in columns))


def check_sealed(landing: ObjectStore, key: str) -> None:
    """Compare all bytes of a sealed object with its checksums; raises DamagedSealedObjectError."""
    with _source(landing, key) as source:
        check_checksums(source)


def folder_of(landing: ObjectStore) -> Path | None:
    """Return the folder of a landing zone on a disk; None for any other."""
    if isinstance(landing, LocalStore) and landing.prefix is not None:
        return Path(landing.prefix)
    return None


# Writing


def write_sealed(landing: ObjectStore, day: date, objects: Iterable[SealedObject]) -> str | None:
    """Write objects, which must be in the order of their keys, into one; return its key.

    It is durable, and what the store returns of it was compared with what was to be written. None
    if there are no objects. Raises StoreError.
    """
    disk = folder_of(landing)
    written = RowHasher(_PROVEN)
    with temp_dir(disk / STAGED if disk else None) as folder:
        path, count = folder / "sealed.parquet", 0
        with ParquetWriter(path, SEALED_OBJECTS) as writer:
            for batch in _batches(objects):
                written.update(batch)
                writer.write(batch)
                count += batch.num_rows
            if not count:
                return None
            key = sealed_key(day, writer.digest())
            writer.close({})
        if disk:
            move_file(path, disk / key)
        else:
            put_file(landing, key, path)
    _prove(landing, key, written)
    return key


def _prove(landing: ObjectStore, key: str, written: RowHasher) -> None:
    """Raise StoreError if a sealed object that was just written has other rows than it should."""
    stored = RowHasher(_PROVEN)
    with _opened(landing, key) as file:
        for batch in read_batches(file, None, BATCH_ROWS):
            stored.update(batch)
    if stored.fingerprint() != written.fingerprint():
        raise StoreError(f"{key} is not as it was written: nothing was deleted. Try again.")


def _batches(objects: Iterable[SealedObject]) -> Iterator[pa.RecordBatch]:
    held: list[SealedObject] = []
    size = 0
    for each in objects:
        held.append(each)
        size += each.size
        if len(held) == BATCH_ROWS or size >= BATCH_BYTES:
            yield _batch(held)
            held, size = [], 0
    if held:
        yield _batch(held)


def _batch(objects: list[SealedObject]) -> pa.RecordBatch:
    columns = zip(*objects, strict=True)
    arrays = [
        pa.array(values, pa.int64()).cast(_TIME)
        if field.type == _TIME
        else pa.array(values, field.type)
        for field, values in zip(SEALED_OBJECTS, columns, strict=True)
    ]
    return pa.record_batch(arrays, schema=SEALED_OBJECTS)
