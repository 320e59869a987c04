"""The landing zone: list its days and objects, and remove temporary files."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from obstore.store import ObjectStore

from lambda_ingest.landing import LANDING_PREFIX, day_prefix
from lambda_ingest.local_disk import PREFIXES
from lambda_ingest.store import sweep
from tg_pipeline.lake.fingerprints import RowHasher
from tg_pipeline.lake.object_store import list_folders, list_pages

if TYPE_CHECKING:
    from obstore import ObjectMeta

OBJECTS: Final = pa.schema(
    [
        ("object_key", pa.string()),
        ("last_modified", pa.timestamp("us", tz="UTC")),
        ("size", pa.int64()),
    ]
)
"""A listing: one row per object, with its size in bytes and the time that the store reports.

Every copy of an object has another time, so this is not when the update arrived.
"""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_NAMED_BY_CONTRACT: Final = re.compile(r"(\d{1,19})-[0-9A-Za-z]+\.")
_DAY_FOLDER: Final = re.compile(r"(?:^|/)context_date=(\d{4}-\d{2}-\d{2})$")


def iter_days(first: date, last: date) -> Iterator[date]:
    """Return each day from `first` to `last`, both included."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def list_days(landing: ObjectStore) -> list[date]:
    """Return the days that have a folder in the landing zone, ascending; raises StoreError."""
    return days_under(landing, LANDING_PREFIX)


def days_under(store: ObjectStore, prefix: str) -> list[date]:
    """Return the days that have a folder `context_date=…` under a prefix, ascending."""
    folders = list_folders(store, prefix)
    return sorted(day for folder in folders if (day := _day_of(folder)) is not None)


def _day_of(folder: str) -> date | None:
    found = _DAY_FOLDER.search(folder)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def list_objects(landing: ObjectStore, day: date) -> pa.Table:
    """Return all OBJECTS of a day, in the order of their keys; raises StoreError."""
    batches = [_to_batch(page) for page in list_pages(landing, day_prefix(day))]
    return pa.Table.from_batches(batches, schema=OBJECTS).sort_by("object_key")


def _to_batch(page: "Sequence[ObjectMeta]") -> pa.RecordBatch:
    objects = [meta for meta in page if not _is_folder_marker(meta["path"])]
    return pa.record_batch(
        [
            pa.array([meta["path"] for meta in objects], pa.string()),
            pa.array([_microseconds(meta["last_modified"]) for meta in objects], pa.int64()).cast(
                OBJECTS.field("last_modified").type
            ),
            pa.array([meta["size"] for meta in objects], pa.int64()),
        ],
        schema=OBJECTS,
    )


def _is_folder_marker(path: str) -> bool:
    """Check whether an object is the marker that S3 consoles create for the day's folder."""
    return path.endswith("/") or bool(_DAY_FOLDER.search(path))


def _microseconds(instant: datetime) -> int:
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def listing_fingerprint(objects: pa.Table) -> str:
    """Return a text that changes if an object is added, rewritten or removed.

    `objects` must be in the order of their keys.
    """
    hasher = RowHasher(OBJECTS.names)
    for batch in objects.to_batches():
        hasher.update(batch)
    return hasher.fingerprint()


def not_in(objects: pa.Table, known: pa.Table) -> pa.Table:
    """Return the OBJECTS whose key, time or size is not in `known`, in the order of their keys.

    A bucket's times are in seconds, so an object that was rewritten within the second is found only
    if its size has changed.
    """
    missing = objects.join(known, OBJECTS.names, join_type="left anti")
    return missing.select(OBJECTS.names).sort_by("object_key")


def bot_id_of(object_key: str, default: int) -> int:
    """Return the bot id at the start of an object's name; `default` for other names.

    The original course project named its objects after the time, without a bot.
    """
    found = _NAMED_BY_CONTRACT.match(object_key.rpartition("/")[2])
    return int(found[1]) if found and int(found[1]) < 2**63 else default


def _utc_now() -> datetime:
    return datetime.now(UTC)


def remove_stale_temp_files(
    landing: ObjectStore, day: date, now: Callable[[], datetime] = _utc_now
) -> None:
    """Remove what killed writers left, also of earlier versions in a day's folders; `now` is aware.

    Only a landing zone on disk has such files.
    """
    folder = day_prefix(day).rpartition("/")[2]
    sweep(landing, now, [f"{prefix}/{folder}" for prefix in PREFIXES])
