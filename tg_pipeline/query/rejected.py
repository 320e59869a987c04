"""The rejected bodies of the landing zone: listed, read one by one, and as a table for queries."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import obstore
import pyarrow as pa
from obstore.store import ObjectStore

from lambda_ingest.arrivals import RECEIVED_AT, parse_arrival
from lambda_ingest.landing import REJECTED_PREFIX, unwrap_rejected
from tg_pipeline.landing.zone import valid_day
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_io import get_object
from tg_pipeline.storage.object_store import list_pages, retry
from tg_pipeline.storage.parquet import ParquetWriter

if TYPE_CHECKING:
    from obstore import ObjectMeta

MAX_BYTES: Final = 24 * 1024 * 1024
"""Bytes that are read of an object: a line of 16 MiB in its envelope. A larger one is none of
ingestion's, which accepts bodies of 1 MiB."""

REASON_BYTES: Final = 4096
"""Bytes of the beginning of an object, which has the reason: a sentence."""

THREADS: Final = 16
"""Concurrent requests: a bucket takes some 20 ms for each."""

NO_ENVELOPE: Final = "It has no reason: it was not put there by ingestion."

_COLUMNS: Final = {
    "object_key": (pa.string(), "The object, in the landing zone."),
    "reason": (pa.string(), "Why the body can't be landed as an update, in a sentence."),
    "bytes": (
        pa.binary(),
        "The body, byte for byte; null if only the reason was kept, as with TG_DROP.",
    ),
}

SCHEMA: Final = pa.schema(
    [
        pa.field(name, kind, metadata={"description": description})
        for name, (kind, description) in _COLUMNS.items()
    ]
)
"""The columns of the table, besides the day."""

_DAY: Final = re.compile(rf"{REJECTED_PREFIX}/context_date=(\d{{4}}-\d{{2}}-\d{{2}})/[^/]+")
_REASON: Final = re.compile(r'\{"reason": ("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class RejectedObject:
    """An object of a rejected body, as listed."""

    key: str
    day: date
    """The day on which it arrived."""
    size: int
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Rejection:
    """What an object says: the reason, and the body unless only the reason was kept."""

    reason: str
    body: bytes | None
    received_at: datetime | None = None
    """When the body arrived, if the object's metadata says so."""


def list_rejected(landing: ObjectStore) -> list[RejectedObject]:
    """Return the rejected objects, by day and name; raises StoreError."""
    found = (_listed(meta) for page in list_pages(landing, REJECTED_PREFIX) for meta in page)
    return sorted(filter(None, found), key=lambda each: (each.day, each.key))


def _listed(meta: "ObjectMeta") -> RejectedObject | None:
    named = _DAY.fullmatch(meta["path"])
    day = valid_day(named[1]) if named else None
    return RejectedObject(meta["path"], day, meta["size"], meta["last_modified"]) if day else None


def read_reasons(landing: ObjectStore, objects: list[RejectedObject]) -> list[str]:
    """Return why each of the bodies was rejected; raises StoreError."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda each: _read_reason(landing, each), objects))


def _read_reason(landing: ObjectStore, rejected: RejectedObject) -> str:
    size = min(rejected.size, REASON_BYTES)
    with translate_errors(landing):
        if not size:
            return NO_ENVELOPE
        start = retry(lambda: obstore.get_range(landing, rejected.key, start=0, length=size))
    return _reason(bytes(start))


def _reason(envelope: bytes) -> str:
    found = _REASON.match(envelope.decode("utf-8", "replace"))
    try:
        return str(json.loads(found[1])) if found else NO_ENVELOPE
    except ValueError:
        return NO_ENVELOPE


def read_rejection(landing: ObjectStore, rejected: RejectedObject) -> Rejection:
    """Return what an object says; raises StoreError, and FileNotFoundError if it is gone."""
    if rejected.size > MAX_BYTES:
        return Rejection(f"It is larger than {MAX_BYTES:,} bytes.", None)
    found = get_object(landing, rejected.key, rejected.size)
    reason, body = _reason(found.body), unwrap_rejected(found.body)
    if body == found.body and reason != NO_ENVELOPE:
        return Rejection(reason, None)
    return Rejection(reason, body, parse_arrival(found.attributes.get(RECEIVED_AT, "")))


def write_table(landing: ObjectStore, path: Path, schema: pa.Schema) -> None:
    """Write all rejected bodies to a Parquet file, one in memory at a time; raises StoreError."""
    with ParquetWriter(path, schema) as file:
        for batch in _rows(landing, schema):
            file.write(batch)
        file.close({})


def _rows(landing: ObjectStore, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for rejected in list_rejected(landing):
        try:
            found = read_rejection(landing, rejected)
        except FileNotFoundError:
            continue  # It was landed, or forgotten, since it was listed.
        values = [rejected.key, found.reason, found.body, rejected.day]
        yield pa.record_batch(
            [pa.array([value], field.type) for value, field in zip(values, schema, strict=True)],
            schema=schema,
        )
