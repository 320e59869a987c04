"""Rewriting the landing zone without forgotten people: the one exception to "never changed".

An object keeps its key and its arrival time. Each object is replaced or deleted in one step, so the
command can be killed anywhere, and does the rest when it is run again.
"""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import unquote
from zlib import crc32

import obstore
from obstore.exceptions import PreconditionError
from obstore.store import LocalStore, ObjectStore, S3Store

from lambda_ingest.arrivals import RECEIVED_AT, format_arrival
from lambda_ingest.landing import LANDING_PREFIX, REJECTED_PREFIX
from lambda_ingest.local_disk import STAGED, sync, write_and_name
from lambda_ingest.privacy.suppression import Tombstones
from lambda_ingest.synthetic.replies import REPLIES_PREFIX
from tg_pipeline.landing.sealed_objects import (
    SealedObject,
    day_of_sealed,
    is_sealed_key,
    read_whole,
    write_sealed,
)
from tg_pipeline.privacy.landed_objects import (
    Redacted,
    own_updates,
    parsed_updates,
    redact,
)
from tg_pipeline.privacy.people import Census
from tg_pipeline.privacy.traces import Traces
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_io import get_object
from tg_pipeline.storage.object_store import list_pages, retry

if TYPE_CHECKING:
    from obstore import ObjectMeta

THREADS: Final = 16
"""Concurrent requests to a bucket, each of some 20 ms."""

GROUP: Final = 256
"""Objects whose bodies are held in memory at the same time."""

FOLDERS: Final = (REPLIES_PREFIX, REJECTED_PREFIX, LANDING_PREFIX)
"""What is rewritten, in this order: a reply is recognized by the update that it replies to."""

_TEMP_NAME: Final = re.compile(r"(.+)#\d{8,}")
"""A name, and the process and thread of a writer. A person who names a file writes fewer digits."""

Progress = Callable[[int], object]
"""Called with the number of objects that were just processed."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it was read."""

    key: str
    body: bytes
    meta: "ObjectMeta"
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class RewriteCounts:
    """What rewriting the landing zone changed."""

    objects: int = 0
    """Objects read."""
    rewritten: int = 0
    deleted: int = 0
    own: int = 0
    """Updates of forgotten people."""
    of_others: int = 0
    """Updates of others that contained forgotten people."""

    def count(self, key: str, result: Redacted) -> None:
        """Count an object that was changed."""
        self.deleted += result.body is None
        self.rewritten += result.body is not None
        if key.startswith(f"{LANDING_PREFIX}/"):
            self.own += result.removed
            self.of_others += result.changed

    def add(self, other: "RewriteCounts") -> None:
        """Add the counts of another pass."""
        self.objects = max(self.objects, other.objects)
        self.rewritten += other.rewritten
        self.deleted += other.deleted
        self.own += other.own
        self.of_others += other.of_others


def read_all(
    landing: ObjectStore, prefix: str = "", *, on_progress: Progress = lambda _: None
) -> Iterator[StoredObject]:
    """Yield all objects under a prefix with their bodies; raises StoreError.

    Temporary files of a landing zone on disk are left out. An object that vanishes is skipped. Of a
    sealed object, those in it are yielded instead.
    """
    metas = (meta for page in list_pages(landing, prefix) for meta in page)
    while group := list(islice(metas, GROUP)):
        sealed, alone = _divide(group)
        yield from filter(None, map_concurrent(landing, lambda meta: _read(landing, meta), alone))
        for meta in sealed:
            for each in read_whole(landing, meta["path"]):
                yield StoredObject(each.key, each.content, meta)
        on_progress(len(group))


def _divide(metas: Iterable["ObjectMeta"]) -> tuple[list["ObjectMeta"], list["ObjectMeta"]]:
    """Return the sealed objects, and the others."""
    parts: tuple[list[ObjectMeta], list[ObjectMeta]] = [], []
    for meta in metas:
        parts[not is_sealed_key(meta["path"])].append(meta)
    return parts


def map_concurrent(
    store: ObjectStore, function: Callable[[Any], Result], items: list[Any]
) -> list[Result]:
    """Return `function(item)` for each item, in order; concurrently in a bucket."""
    if not isinstance(store, S3Store) or len(items) <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(function, items))


def count_objects(store: ObjectStore, prefix: str = "") -> int:
    """Return the number of objects under a prefix; raises StoreError."""
    return sum(map(len, list_pages(store, prefix)))


def take_census(
    landing: ObjectStore, census: Census, on_progress: Progress = lambda _: None
) -> None:
    """Collect from all updates of the landing zone; raises StoreError."""
    for stored in read_all(landing, on_progress=on_progress):
        for value in parsed_updates(stored.key, stored.body):
            census.add(value)


def rewrite(
    landing: ObjectStore,
    tombstones: Tombstones,
    traces: Traces,
    *,
    since: datetime | None = None,
    on_progress: Progress = lambda _: None,
) -> RewriteCounts:
    """Rewrite all objects that contain forgotten people; return what was changed.

    With `since` (aware), only objects that were written later. Raises StoreError.
    """
    counts = RewriteCounts()
    own = _own_updates(landing, traces, since, on_progress)
    for prefix in FOLDERS:
        metas = (
            meta
            for page in list_pages(landing, prefix)
            for meta in page
            if since is None or meta["last_modified"] >= since
        )
        while group := list(islice(metas, GROUP)):

            def apply(meta: "ObjectMeta") -> Redacted | None:
                return _rewrite_object(landing, meta, tombstones, own)

            sealed, alone = _divide(group)
            for meta, result in zip(alone, map_concurrent(landing, apply, alone), strict=True):
                counts.objects += 1
                if result:
                    counts.count(meta["path"], result)
            for meta in sealed:
                rewrite_sealed(landing, meta["path"], tombstones, counts)
            on_progress(len(group))
    counts.deleted += remove_temp_files(landing, traces)
    return counts


def rewrite_sealed(
    landing: ObjectStore, key: str, tombstones: Tombstones, counts: RewriteCounts
) -> None:
    """Replace a sealed object that contains forgotten people by one without them.

    The new one is complete before the other is deleted. A kill between leaves both, and the next
    call deletes the other. Raises StoreError.
    """
    if not _count_sealed(landing, key, tombstones, counts):
        return
    kept = (
        clean
        for each in read_whole(landing, key)
        if (clean := _without_people(each, tombstones)) is not None
    )
    new_key = write_sealed(landing, day_of_sealed(key), kept)
    if new_key != key:
        with translate_errors(landing), suppress(FileNotFoundError):
            retry(lambda: obstore.delete(landing, key))


def _count_sealed(
    landing: ObjectStore, key: str, tombstones: Tombstones, counts: RewriteCounts
) -> bool:
    """Count the objects in a sealed one, and return whether any contains forgotten people."""
    is_changed = False
    for each in read_whole(landing, key):
        counts.objects += 1
        result = redact(each.key, each.content, tombstones)
        if result.body is not each.content:
            counts.count(each.key, result)
            is_changed = True
    return is_changed


def _without_people(sealed: SealedObject, tombstones: Tombstones) -> SealedObject | None:
    """Return an object without forgotten people, None if nothing of it may be kept.

    Its size and its version tell builds that it is another one.
    """
    body = redact(sealed.key, sealed.content, tombstones).body
    if body is None or body is sealed.content:
        return None if body is None else sealed
    version = None if sealed.version is None else crc32(body)
    return sealed._replace(content=body, size=len(body), version=version)


def count_landed(landing: ObjectStore, tombstones: Tombstones) -> RewriteCounts:
    """Return what rewriting would change, without changing anything; raises StoreError."""
    counts = RewriteCounts()
    for stored in read_all(landing, LANDING_PREFIX):
        counts.objects += 1
        result = redact(stored.key, stored.body, tombstones)
        if result.body is not stored.body:
            counts.count(stored.key, result)
    return counts


def _own_updates(
    landing: ObjectStore, traces: Traces, since: datetime | None, on_progress: Progress
) -> frozenset[str]:
    """Return the names of the person's own updates, if any replies are stored."""
    if since is not None or not any(map(len, list_pages(landing, REPLIES_PREFIX))):
        return frozenset()
    names: set[str] = set()
    for stored in read_all(landing, LANDING_PREFIX, on_progress=on_progress):
        names |= own_updates(stored.key, stored.body, traces.tombstones)
    return frozenset(names)


def _rewrite_object(
    landing: ObjectStore,
    meta: "ObjectMeta",
    tombstones: Tombstones,
    own: frozenset[str],
) -> Redacted | None:
    """Rewrite an object; return None if it stays as it is.

    It is read again if another process replaced it in the meantime. A server that refuses a
    condition though nobody did, as Ceph's does, gets none.
    """
    refused: str | None = None
    while stored := _read(landing, meta):
        key = stored.key
        is_reply = key.startswith(f"{REPLIES_PREFIX}/") and PurePosixPath(key).stem in own
        result = Redacted(None) if is_reply else redact(key, stored.body, tombstones)
        if result.body is stored.body:
            return None
        is_same = refused is not None and refused == stored.meta["e_tag"]
        try:
            replace_object(landing, stored, result.body, has_condition=not is_same)
        except PreconditionError:
            refused = stored.meta["e_tag"]
            continue
        return result
    return None


def replace_object(
    landing: ObjectStore, stored: StoredObject, body: bytes | None, *, has_condition: bool
) -> None:
    """Replace an object in one step, durably, with its arrival time; None deletes it.

    With a condition, it raises PreconditionError if a bucket's object is not the one that was read.
    Raises StoreError.
    """
    if isinstance(landing, LocalStore) and landing.prefix is not None:
        _replace_file(Path(landing.prefix), stored.key, body)
        return
    with translate_errors(landing):
        if body is None:
            retry(lambda: obstore.delete(landing, stored.key))
            return
        arrived = {RECEIVED_AT: format_arrival(stored.meta["last_modified"])}
        options: dict[str, Any] = {"attributes": arrived | stored.attributes}
        if has_condition and isinstance(landing, S3Store):
            options["mode"] = {"e_tag": stored.meta["e_tag"], "version": stored.meta["version"]}
        retry(lambda: obstore.put(landing, stored.key, body, **options))


def remove_temp_files(landing: ObjectStore, traces: Traces) -> int:
    """Remove temporary files of killed writers that contain the person; return their number.

    If the writer still lives, its put fails, and Telegram sends the update again.
    """
    if not isinstance(landing, LocalStore) or landing.prefix is None:
        return 0
    removed, folder = 0, Path(landing.prefix)
    for path in temp_files(folder):
        key = key_of_temp_file(folder, path)
        try:
            body = path.read_bytes() if key else b""
            if key and contains_person(key, body, traces):
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue
    return removed


def contains_person(key: str, body: bytes, traces: Traces) -> bool:
    """Return whether a file that was to be named `key` contains the person, also if torn."""
    return redact(key, body, traces.tombstones).body is not body or traces.in_bytes(body)


def temp_files(folder: Path) -> list[Path]:
    """Return the files that may be those of writers, which the listings of obstore leave out."""
    return [path for path in folder.rglob("*#*") if path.is_file()]


def key_of_temp_file(folder: Path, path: Path) -> str:
    """Return the key that a writer's file is for; empty if the file is somebody else's."""
    found = _TEMP_NAME.fullmatch(path.name)
    if found is None:
        return ""
    if path.parent == folder / STAGED:
        return unquote(found[1])
    return path.relative_to(folder).with_name(found[1]).as_posix()


def _read(landing: ObjectStore, meta: "ObjectMeta") -> StoredObject | None:
    try:
        found = get_object(landing, meta["path"], meta["size"])
    except FileNotFoundError:
        return None
    return StoredObject(meta["path"], found.body, found.meta, dict(found.attributes))


def _replace_file(folder: Path, key: str, body: bytes | None) -> None:
    """Replace or delete a file, durably; its time of modification stays."""
    path = folder / key
    if body is None:
        path.unlink(missing_ok=True)
        sync(path.parent)
        return
    write_and_name(folder, key, body, None, _replace)
    sync(path.parent)


def _replace(temporary: Path, path: Path) -> None:
    shutil.copystat(path, temporary)
    sync(temporary)
    temporary.replace(path)
