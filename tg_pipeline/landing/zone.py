"""The landing zone: list its days and objects, and remove temporary files."""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final
from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc
from obstore.store import LocalStore, ObjectStore

from lambda_ingest.landing import LANDING_PREFIX, day_prefix
from lambda_ingest.local_disk import PREFIXES
from lambda_ingest.store import sweep
from tg_pipeline.landing.sealed_objects import (
    SealedObjectGoneError,
    keys_of_sealed,
    list_sealed,
)
from tg_pipeline.storage.fingerprints import RowHasher
from tg_pipeline.storage.object_store import escaped, hidden_names, list_folders, list_pages

if TYPE_CHECKING:
    from obstore import ObjectMeta

OBJECTS: Final = pa.schema(
    [
        ("object_key", pa.string()),
        ("last_modified", pa.timestamp("us", tz="UTC")),
        ("size", pa.int64()),
        ("version", pa.uint32()),
    ]
)
"""A listing: one row per object, with its size in bytes and the time that the store reports.

Every copy of an object has another time, so this is not when the update arrived. `version` is the
CRC-32 of the e-tag, which tells apart two objects of one size that were written within a second, as
a bucket's times are in seconds. It is null if the store reports none, and on disk: there the e-tag
has the number of the file, which many network file systems change without a reason.
"""

SEALED_IN: Final = pa.field("sealed_in", pa.string())
LANDED_OBJECTS: Final = pa.schema([*OBJECTS, SEALED_IN])
"""OBJECTS with the key of the sealed object that each is in; null if it is stored on its own."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

LISTING_TRIES: Final = 3
"""How often a day is listed if a sealed object of it is replaced each time."""

_NAMED_BY_CONTRACT: Final = re.compile(r"(\d{1,19})-[0-9A-Za-z]+\.")
_NAMED_BY_TIME: Final = re.compile(
    r"\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-((?:[01]\d|2[0-3])[0-5]\d[0-5]\d)\."
)
"""A date and a time: also the name of an update 183859 of a bot 20240802."""

_DAY_FOLDER: Final = re.compile(r"(?:^|/)context_date=(\d{4}-\d{2}-\d{2})$")

_PLAIN_NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*", re.ASCII)
"""Names that every store can read as they are; ingestion gives no others."""

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2999, 12, 31)
"""The days that can be built, and asked for. The dates beside them are valid as well, so that days
before and after a day can be computed. Landed objects of other days are outside all partitions."""


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


def list_odd_folders(landing: ObjectStore) -> list[str]:
    """Return the names of folders and files beside the folders of days, with escapes.

    They, and what is in them, are not read. Raises StoreError.
    """
    odd: list[str] = []
    folders = list_folders(landing, LANDING_PREFIX, odd)
    names = ("/".join(name.split("/")[:2]) for name in odd)
    found = {name for name in names if name in odd or _day_of(name) is None}
    found |= {escaped(folder.encode()) for folder in folders if _day_of(folder) is None}
    return sorted(found)


def _day_of(folder: str) -> date | None:
    found = _DAY_FOLDER.search(folder)
    return valid_day(found[1]) if found else None


def valid_day(text: str) -> date | None:
    """Return the day that a name has in ISO format, None if there is no such day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def list_objects(landing: ObjectStore, day: date, unreadable: list[str] | None = None) -> pa.Table:
    """Return all LANDED_OBJECTS of a day, in the order of their keys; raises StoreError.

    Those in a sealed object are listed as they were before. An object that landed under the same
    key later is left out: the first one counts, as if it were still there. Names that can't be
    read are added to `unreadable`, with escapes; all others are returned.
    """
    for _ in range(LISTING_TRIES - 1):
        with suppress(SealedObjectGoneError):
            return _list_once(landing, day, unreadable)
    return _list_once(landing, day, unreadable)


def _list_once(landing: ObjectStore, day: date, unreadable: list[str] | None) -> pa.Table:
    odd: list[str] | None = None if unreadable is None else []
    found = landed_objects(landing, list_stored(landing, day, odd), odd)
    if unreadable is not None and odd:
        unreadable += odd
    return found


def landed_objects(
    landing: ObjectStore, stored: pa.Table, unreadable: list[str] | None = None
) -> pa.Table:
    """Return the LANDED_OBJECTS of a day of which the OBJECTS are stored. As `list_objects`."""
    keys = keys_of_sealed(stored)
    if not keys:
        return stored.append_column(SEALED_IN, pa.nulls(len(stored), SEALED_IN.type))
    sealed = list_sealed(landing, keys, unreadable)
    known = pa.chunked_array([sealed["object_key"].combine_chunks(), pa.array(keys, pa.string())])
    loose = stored.filter(pc.invert(pc.is_in(stored["object_key"], value_set=known)))
    loose = loose.append_column(SEALED_IN, pa.nulls(len(loose), SEALED_IN.type))
    return pa.concat_tables([sealed, loose]).sort_by("object_key").combine_chunks()


def list_stored(landing: ObjectStore, day: date, unreadable: list[str] | None = None) -> pa.Table:
    """Return the OBJECTS of a day that the store has: sealed ones as such. As `list_objects`."""
    prefix, has_versions = day_prefix(day), not isinstance(landing, LocalStore)
    if isinstance(landing, LocalStore):
        plain = _list_plain_folder(landing, prefix)
        if plain is not None:
            return plain
    pages = list_pages(landing, prefix, unreadable)
    batches = [_to_batch(page, has_versions=has_versions) for page in pages]
    if unreadable is not None:
        unreadable += [name for name in hidden_names(landing, prefix) if name not in unreadable]
    return _without_repeats(pa.Table.from_batches(batches, schema=OBJECTS).sort_by("object_key"))


def _list_plain_folder(landing: LocalStore, prefix: str) -> pa.Table | None:
    """Return the OBJECTS of a folder that holds nothing but files with plain names; else None.

    obstore, which also follows links and reads the folders within, takes five times as long.
    """
    found: list[tuple[str, int, int]] = []
    is_plain = _PLAIN_NAME.fullmatch
    try:
        with os.scandir(f"{landing.prefix}/{prefix}") as entries:
            for entry in entries:
                name = entry.name
                if not (is_plain(name) and entry.is_file(follow_symlinks=False)):
                    return None
                status = entry.stat(follow_symlinks=False)
                found.append((name, status.st_mtime_ns // 1_000, status.st_size))
    except OSError:
        return None
    found.sort()
    return pa.table(
        [
            pa.array([f"{prefix}/{name}" for name, _, _ in found], pa.string()),
            pa.array([written for _, written, _ in found], pa.int64()).view(
                OBJECTS.field("last_modified").type
            ),
            pa.array([size for _, _, size in found], pa.int64()),
            pa.nulls(len(found), pa.uint32()),
        ],
        schema=OBJECTS,
    )


def _without_repeats(objects: pa.Table) -> pa.Table:
    """Return each object once, as it was listed last: a listing may repeat some on its next page.

    `objects` must be in the order of their keys.
    """
    keys = objects["object_key"].combine_chunks()
    is_repeated = pc.equal(keys[1:], keys[:-1])
    if not pc.any(is_repeated).as_py():
        return objects
    newest = objects.sort_by([("object_key", "ascending"), ("last_modified", "ascending")])
    return newest.filter(pc.invert(pa.concat_arrays([is_repeated, pa.array([False])])))


def _to_batch(page: "Sequence[ObjectMeta]", *, has_versions: bool) -> pa.RecordBatch:
    objects = [meta for meta in page if not _is_folder_marker(meta["path"])]
    tags = [meta["e_tag"] if has_versions else None for meta in objects]
    return pa.record_batch(
        [
            pa.array([meta["path"] for meta in objects], pa.string()),
            pa.array([_microseconds(meta["last_modified"]) for meta in objects], pa.int64()).cast(
                OBJECTS.field("last_modified").type
            ),
            pa.array([meta["size"] for meta in objects], pa.int64()),
            pa.array([crc32(tag.encode()) if tag else None for tag in tags], pa.uint32()),
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

    `objects` must be in the order of their keys. The versions, if there are any, have a part of
    their own, since listings of earlier releases have none: see `is_same_listing`.
    """
    batches = objects.to_batches()
    hasher = RowHasher(OBJECTS.names[:-1])
    for batch in batches:
        hasher.update(batch)
    if objects["version"].null_count == objects.num_rows:
        return hasher.fingerprint()
    versions = RowHasher(OBJECTS.names[-1:])
    for batch in batches:
        versions.update(pa.record_batch([pc.fill_null(batch["version"], 0)], ["version"]))
    return f"{hasher.fingerprint()}-{versions.fingerprint()}"


def is_same_listing(one: str, other: str) -> bool:
    """Return whether two fingerprints are of the same objects, as far as both know the versions."""
    (objects, _, versions), (others, _, other_versions) = one.partition("-"), other.partition("-")
    return objects == others and (versions == other_versions or not (versions and other_versions))


def not_in(objects: pa.Table, known: pa.Table) -> pa.Table:
    """Return the OBJECTS that are not `known`, in the order of their keys.

    The key, the time, the size, and the version, unless one of the two is unknown, must be equal.
    """
    before = pc.index_in(objects["object_key"], known["object_key"].combine_chunks())
    is_known = pc.is_valid(before)
    for name in ("last_modified", "size"):
        is_known = pc.and_(is_known, pc.equal(objects[name], known[name].take(before)))
    is_same = pc.equal(objects["version"], known["version"].take(before))
    is_known = pc.and_(pc.fill_null(is_known, False), pc.fill_null(is_same, True))  # noqa: FBT003
    return objects.filter(pc.invert(is_known)).sort_by("object_key")


def with_versions(known: pa.Table, objects: pa.Table) -> pa.Table:
    """Return `known` with the versions of `objects` where they are not known yet."""
    now = pc.index_in(known["object_key"], objects["object_key"].combine_chunks())
    versions = pc.coalesce(known["version"], objects["version"].take(now))
    return known.set_column(known.column_names.index("version"), OBJECTS.field("version"), versions)


def bot_id_of(object_key: str, default: int, content: bytes | None = None) -> int:
    """Return the bot id at the start of an object's name; `default` for other names.

    The original course project named its objects after the time, without a bot: a name like
    20240802-183859.json names a bot only if the `content` has the update id 183859.
    """
    found = _NAMED_BY_CONTRACT.match(object_key.rpartition("/")[2])
    if found is None or int(found[1]) >= 2**63:
        return default
    is_time = _NAMED_BY_TIME.match(found[0])
    if is_time and (content is None or _update_id_of(content) != int(is_time[1])):
        return default
    return int(found[1])


def _update_id_of(content: bytes) -> int | None:
    try:
        update_id = json.loads(content)["update_id"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return update_id if isinstance(update_id, int) else None


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
