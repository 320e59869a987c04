"""Sealing: the landed objects of a day become one, which restores each of them byte for byte.

An object is deleted only after the sealed one was read back from the store, and the two were
compared. What is interrupted leaves some objects twice, which are listed once, and is completed by
the next call. Objects that land meanwhile, or that are changed, are not in the sealed object, or
differ from it: they stay.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, timedelta
from enum import Enum
from heapq import merge
from operator import attrgetter
from typing import Any, Final, TypeVar
from zlib import crc32

import obstore
import pyarrow as pa
import pyarrow.compute as pc
from obstore.store import ObjectStore, S3Store

from lambda_ingest.arrivals import RECEIVED_AT, parse_arrival
from lambda_ingest.landing import (
    MAX_AGE,
    LandedUpdate,
    RejectedBody,
    TrustLevel,
    classify,
    reject_taken,
)
from lambda_ingest.store import put_if_absent
from lambda_ingest.taken_ids import Reduce, is_same_update
from tg_pipeline.landing.arrivals import read_journals, with_arrivals
from tg_pipeline.landing.sealed_objects import (
    SealedObject,
    from_microseconds,
    keys_of_sealed,
    read_sealed,
    write_sealed,
)
from tg_pipeline.landing.zone import EPOCH, bot_id_of, landed_objects, list_stored, not_in
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_io import WholeObject, get_object
from tg_pipeline.storage.object_store import retry

MIN_AGE_DAYS: Final = MAX_AGE.days
"""Only days that are longer ago are sealed: until then, updates from the network may land."""

MAX_OBJECT_BYTES: Final = 16 * 1024 * 1024
"""A larger object is left as it is: sealing is for many small ones, and holds each in memory."""

GROUP: Final = 256
"""Objects that are fetched, and so held in memory, at the same time."""

GROUP_BYTES: Final = 16 * 1024 * 1024
"""Bytes of these, if reached first."""

THREADS: Final = 16
"""Concurrent requests to a bucket, each of some 20 ms."""

Progress = Callable[[int], object]
"""Called with the number of objects that were just processed."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class SealRules:
    """What decides whether two objects of a key are one update."""

    bot_id: int
    """The bot of objects whose name has no bot id."""
    reduce: Reduce = lambda body: body
    """Removes from an update what is not to be stored any more."""
    on_progress: Progress = lambda _: None


@dataclass(slots=True)
class SealResult:
    """What sealing a day did, or would do."""

    day: date
    objects: int = 0
    """Objects that are in the sealed one, and were not before."""
    deleted: int = 0
    """Objects that were deleted, since the sealed one has them."""
    rejected: int = 0
    """Objects that were moved to rejected/: other updates with the id of a sealed one."""
    too_large: int = 0
    """Objects that stay as they are because of their size."""
    bytes: int = 0
    """The size of the sealed object."""
    changed: list[str] = field(default_factory=list)
    """Objects that stay: they are no updates, and differ from what is sealed under their keys."""


@dataclass(frozen=True, slots=True)
class SealableDay:
    """The objects of a day, as far as they concern sealing."""

    sealed: pa.Table
    """The OBJECTS that are sealed ones."""
    loose: pa.Table
    """The OBJECTS that are stored on their own."""
    listed: pa.Table
    """The LANDED_OBJECTS: each once, wherever it is."""

    @property
    def in_sealed(self) -> pa.Table:
        """The LANDED_OBJECTS that are in a sealed object."""
        return self.listed.filter(pc.is_valid(self.listed["sealed_in"]))

    @property
    def unsealed(self) -> pa.Table:
        """The LANDED_OBJECTS that are in none, and are not too large for it."""
        is_small = pc.less_equal(self.listed["size"], MAX_OBJECT_BYTES)
        return self.listed.filter(pc.and_(pc.is_null(self.listed["sealed_in"]), is_small))

    @property
    def too_large(self) -> int:
        """The number of objects that are too large for it."""
        alone = self.listed.filter(pc.is_null(self.listed["sealed_in"]))
        return len(alone) - len(self.unsealed)

    @property
    def copies(self) -> pa.Table:
        """The OBJECTS that are stored on their own, and under the same keys in a sealed object."""
        keys = self.in_sealed["object_key"].combine_chunks()
        return self.loose.filter(pc.is_in(self.loose["object_key"], value_set=keys))

    @property
    def needs_writing(self) -> bool:
        """Whether a new sealed object would take the place of several objects."""
        return len(self.unsealed) + len(self.sealed) > 1


def look_at_day(landing: ObjectStore, day: date) -> SealableDay:
    """Return the objects of a day; raises StoreError."""
    stored = list_stored(landing, day)
    keys = pa.array(keys_of_sealed(stored), pa.string())
    is_sealed = pc.is_in(stored["object_key"], value_set=keys)
    return SealableDay(
        sealed=stored.filter(is_sealed),
        loose=stored.filter(pc.invert(is_sealed)),
        listed=landed_objects(landing, stored),
    )


def is_sealable(day: date, today: date) -> bool:
    """Return whether no more updates from the network land on a day."""
    return today - day > timedelta(days=MIN_AGE_DAYS)


def seal_day(
    landing: ObjectStore, day: date, rules: SealRules, *, dry_run: bool = False
) -> SealResult:
    """Seal the objects of a day that are stored on their own, and delete them; raises StoreError.

    The day must be sealable. A single object stays as it is. With `dry_run`, nothing is changed.
    """
    found = look_at_day(landing, day)
    result = SealResult(day, too_large=found.too_large)
    if dry_run:
        result.objects = len(found.unsealed) if found.needs_writing else 0
        result.deleted = result.objects + len(found.copies)
        return result
    if found.needs_writing:
        before, found = found, _write(landing, day, found, rules, result)
        if len(changed := _changed_meanwhile(before, found)):
            found = _write_without(landing, day, found, changed)
            result.objects -= len(changed)
    if len(found.copies):
        delete_copies(landing, found, rules, result)
    result.bytes = pc.sum(found.sealed["size"]).as_py() or 0
    return result


def _write(
    landing: ObjectStore, day: date, found: SealableDay, rules: SealRules, result: SealResult
) -> SealableDay:
    """Write a sealed object with all that is in the present ones, and what is in none.

    Return the objects of the day afterwards.
    """
    new = _Counted(_fetch_unsealed(landing, day, found.unsealed, rules))
    rows = merge(read_sealed(landing, found.in_sealed), new, key=attrgetter("key"))
    _replace_sealed(landing, found, write_sealed(landing, day, rows))
    result.objects = new.count
    return look_at_day(landing, day)


def _replace_sealed(landing: ObjectStore, found: SealableDay, key: str | None) -> None:
    """Delete the sealed objects that another one has taken the place of."""
    former = found.sealed["object_key"].to_pylist()
    delete_objects(landing, [each for each in former if each != key])


def _changed_meanwhile(before: SealableDay, now: SealableDay) -> pa.Table:
    """Return the objects that were replaced while they were being sealed."""
    keys = before.unsealed["object_key"].combine_chunks()
    new = now.copies.filter(pc.is_in(now.copies["object_key"], value_set=keys))
    return not_in(new, before.unsealed)


def _write_without(
    landing: ObjectStore, day: date, found: SealableDay, changed: pa.Table
) -> SealableDay:
    """Write a sealed object without some objects, so that builds read these as they are now."""
    is_changed = pc.is_in(found.listed["object_key"], value_set=changed["object_key"])
    kept = found.listed.filter(
        pc.and_(pc.is_valid(found.listed["sealed_in"]), pc.invert(is_changed))
    )
    _replace_sealed(landing, found, write_sealed(landing, day, read_sealed(landing, kept)))
    return look_at_day(landing, day)


class _Counted:
    """Counts objects while they are iterated over."""

    def __init__(self, objects: Iterable[SealedObject]) -> None:
        self._objects, self.count = objects, 0

    def __iter__(self) -> Iterator[SealedObject]:
        for each in self._objects:
            self.count += 1
            yield each


def _fetch_unsealed(
    landing: ObjectStore, day: date, objects: pa.Table, rules: SealRules
) -> Iterator[SealedObject]:
    """Yield objects with their contents; those that are gone or have changed are left out."""
    arrived = with_arrivals(objects, read_journals(landing, day))

    def fetch(row: dict[str, Any]) -> SealedObject | None:
        stored = fetch_object(landing, row["object_key"], row["size"])
        return _sealed(row, stored) if stored and _is_as_listed(row, stored) else None

    for group in groups_of(arrived):
        yield from filter(None, map_concurrently(landing, fetch, group))
        rules.on_progress(len(group))


def groups_of(objects: pa.Table) -> Iterator[list[dict[str, Any]]]:
    """Yield rows in groups of up to GROUP, with about GROUP_BYTES of content."""
    group: list[dict[str, Any]] = []
    size = 0
    for batch in objects.to_batches(max_chunksize=GROUP):
        for row in batch.to_pylist():
            group.append(row)
            size += row["size"]
            if len(group) == GROUP or size >= GROUP_BYTES:
                yield group
                group, size = [], 0
    if group:
        yield group


def map_concurrently(
    landing: ObjectStore, function: Callable[[Item], Result], items: Sequence[Item]
) -> list[Result]:
    """Return `function(item)` for each item, in order; concurrently in a bucket."""
    if not isinstance(landing, S3Store) or len(items) <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(function, items))


def fetch_object(landing: ObjectStore, key: str, size: int) -> WholeObject | None:
    """Return an object; None if there is none, as with the folder markers of consoles."""
    try:
        return get_object(landing, key, size)
    except FileNotFoundError:
        return None


def _is_as_listed(row: dict[str, Any], stored: WholeObject) -> bool:
    if len(stored.body) != row["size"]:
        return False
    tag = stored.meta["e_tag"]
    if row["version"] is not None and tag:
        return bool(crc32(tag.encode()) == row["version"])
    return bool(stored.meta["last_modified"] == row["last_modified"])


def _sealed(row: dict[str, Any], stored: WholeObject) -> SealedObject:
    attributes = {str(name): str(value) for name, value in stored.attributes.items()}
    received_at = parse_arrival(attributes.get(RECEIVED_AT, "")) or row["received_at"]
    return SealedObject(
        key=row["object_key"],
        last_modified=(row["last_modified"] - EPOCH) // _MICROSECOND,
        size=row["size"],
        version=row["version"],
        received_at=(received_at - EPOCH) // _MICROSECOND,
        attributes=json.dumps(attributes, sort_keys=True),
        content=stored.body,
    )


_MICROSECOND: Final = timedelta(microseconds=1)


def delete_objects(landing: ObjectStore, keys: Sequence[str]) -> None:
    """Delete objects: a bucket's in one request. Those that are gone already are no error."""
    requests = [keys] if isinstance(landing, S3Store) else [[key] for key in keys]
    for each in filter(None, requests):
        with translate_errors(landing), suppress(FileNotFoundError):
            retry(lambda each=each: obstore.delete(landing, each))  # type: ignore[misc]


# Objects that are there twice


def delete_copies(
    landing: ObjectStore, found: SealableDay, rules: SealRules, result: SealResult
) -> None:
    """Delete the objects that are equal to what the sealed object has under their keys.

    Both are fetched and compared. Another update with the same id becomes a rejected body, as it
    would have when it landed. What is no update, and differs, stays.
    """
    copies = found.copies
    keys = copies["object_key"].combine_chunks()
    listed = found.listed.filter(pc.is_in(found.listed["object_key"], value_set=keys))
    sealed = read_sealed(landing, listed)

    def compare(pair: tuple[dict[str, Any], SealedObject]) -> _Comparison:
        row, first = pair
        stored = fetch_object(landing, row["object_key"], row["size"])
        if stored is None:
            return _Comparison.GONE
        if _is_same(first, stored.body, rules.reduce):
            return _Comparison.SAME
        rejected = _as_rejected(first, stored.body, rules)
        if rejected is None:
            return _Comparison.CHANGED
        arrived_at = parse_arrival(stored.attributes.get(RECEIVED_AT, ""))
        with translate_errors(landing):
            put_if_absent(
                landing, rejected.key, rejected.body, arrived_at or stored.meta["last_modified"]
            )
        return _Comparison.REJECTED

    for group in groups_of(copies):
        pairs = list(zip(group, sealed, strict=False))
        compared = map_concurrently(landing, compare, pairs)
        found_by: dict[_Comparison, list[str]] = {each: [] for each in _Comparison}
        for (_, first), each in zip(pairs, compared, strict=True):
            found_by[each].append(first.key)
        same, rejected = found_by[_Comparison.SAME], found_by[_Comparison.REJECTED]
        delete_objects(landing, same + rejected)
        result.deleted += len(same)
        result.rejected += len(rejected)
        result.changed += found_by[_Comparison.CHANGED]
        rules.on_progress(len(group))


class _Comparison(Enum):
    """What an object is, compared with the one that is sealed under its key."""

    SAME = "same"
    REJECTED = "another update, which was stored as a rejected body"
    CHANGED = "changed"
    GONE = "gone"


def _is_same(sealed: SealedObject, body: bytes, reduce: Reduce) -> bool:
    first = sealed.content
    return first == body or (
        _unpacked(sealed.key, first) == _unpacked(sealed.key, body)
        or is_same_update(first, body, reduce)
    )


def _unpacked(key: str, body: bytes) -> bytes:
    """Return the lines of a batch: releases of zlib pack them differently."""
    if not key.endswith(".gz"):
        return body
    try:
        return gzip.decompress(body)
    except (EOFError, OSError, zlib.error):
        return body


def _as_rejected(sealed: SealedObject, body: bytes, rules: SealRules) -> RejectedBody | None:
    """Return an update whose key is taken as a rejected body; None if it is no update."""
    bot_id = bot_id_of(sealed.key, rules.bot_id, body)
    arrived_at = from_microseconds(sealed.received_at)
    parsed = classify(
        body, bot_id=bot_id, arrived_at=arrived_at, zone=UTC, trust=TrustLevel.OPERATOR
    )
    if not isinstance(parsed, LandedUpdate):
        return None
    day = date.fromisoformat(sealed.key.split("/")[1].removeprefix("context_date="))
    return reject_taken(replace(parsed, key=sealed.key, day=day), bot_id)
