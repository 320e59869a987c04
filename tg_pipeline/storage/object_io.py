"""Objects as files: reads of byte ranges of one version, and uploads in parts."""

import errno
import io
import os
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, cast

import obstore
from obstore.exceptions import GenericError, PreconditionError
from obstore.store import LocalStore, ObjectStore, S3Store

from lambda_ingest.local_disk import create_folder, sync
from tg_pipeline.storage.errors import IncompleteError, TransientStoreError, translate_errors
from tg_pipeline.storage.object_store import retry
from tg_pipeline.temp_folders import temp_dir

if TYPE_CHECKING:
    from obstore import Attributes, GetOptions, GetResult, ObjectMeta

TAIL_BYTES: Final = 1024 * 1024
"""Bytes at the end of an object that are fetched when it is opened: often the whole object."""

COPY_BYTES: Final = 16 * 1024 * 1024
"""Bytes per request of a copy; also the memory used for an object from a server without ranges."""

COPY_TRIES: Final = 3
"""How often a copy is started if the object is replaced each time."""

NO_RANGES: Final = ("non-partial response", "status code: 416")
"""Parts of the messages of a server without ranges, or without ranges of an empty object.

rclone's server has none; AWS, Ceph and moto have ranges, but not of an empty object.
"""

NO_LENGTH: Final = "Content-Length Header missing"
"""Part of the message about a response that does not say how long it is."""

TRY_AGAIN: Final = "try again; if it fails again, look for a proxy that changes responses."

PART_BYTES: Final = 16 * 1024 * 1024
"""Bytes per part, and the size above which a file is uploaded in parts: at most 10,000, 156 GiB."""

CONCURRENT_PARTS: Final = 4
"""Parts that are uploaded, and so held in memory, at the same time."""


class ReplacedError(TransientStoreError):
    """An object was replaced or removed while it was read."""


class WholeObject(NamedTuple):
    """An object that was read as a whole."""

    body: bytes
    meta: "ObjectMeta"
    attributes: "Attributes"


def get_object(store: ObjectStore, key: str, size: int | None = None) -> WholeObject:
    """Return a whole object; raises StoreError, and FileNotFoundError if it does not exist.

    `size` is what a listing said, if there was one. A bucket's object of another size was replaced
    in the meantime, or its transfer ended early: a further request for its size decides.
    """
    with translate_errors(store):
        return retry(lambda: _get_object(store, key, size))


def _get_object(store: ObjectStore, key: str, size: int | None) -> WholeObject:
    found = _request(store, key, {})
    body = found.bytes().to_bytes()
    expected = found.meta["size"]
    if len(body) == expected and size not in {None, expected} and not isinstance(store, LocalStore):
        expected = obstore.head(store, key)["size"]
    _check_length(key, len(body), expected)
    return WholeObject(body, found.meta, found.attributes)


def _request(store: ObjectStore, key: str, options: "GetOptions") -> "GetResult":
    try:
        return obstore.get(store, key, options=options)
    except GenericError as error:
        if NO_LENGTH not in str(error):
            raise
        raise IncompleteError(
            f"{key}: the response has no Content-Length, so it may be incomplete: {TRY_AGAIN}"
        ) from None


def _check_length(key: str, received: int, expected: int) -> None:
    """Raise IncompleteError if not all bytes were received, or too many."""
    if received != expected:
        raise IncompleteError(f"{key}: {received:,} bytes arrived of {expected:,}: {TRY_AGAIN}")


class RangedObject(io.RawIOBase):
    """A file over one version of an object, read in ranges.

    Each request asks for the version that was opened (`If-Match`), so that a reader never gets a
    mixture of an old and a new object: it fails with ReplacedError instead.
    """

    def __init__(
        self, store: ObjectStore, key: str, size: int, version: str | None, tail: Any = b""
    ) -> None:
        """Read the object at `key` of `size` bytes and of an e-tag; `tail` are its last bytes."""
        self._store, self._key = store, key
        self._size, self._version = size, version
        self._tail = memoryview(tail)
        self._tail_start = size - len(self._tail)
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position, and return it."""
        self._position = offset + (0, self._position, self._size)[whence]
        return self._position

    def read(self, count: int = -1) -> bytes:
        """Return up to `count` bytes, not copied, as an object with a buffer; raises StoreError."""
        start = self._position
        end = self._size if count < 0 else min(start + count, self._size)
        if start >= end:
            return b""
        self._position = end
        if start >= self._tail_start:
            return cast("bytes", self._tail[start - self._tail_start : end - self._tail_start])
        return cast("bytes", self._fetch(start, end))

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer of a buffered reader as far as one read goes; raises StoreError."""
        until_tail = self._tail_start - self._position
        chunk = self.read(min(len(buffer), until_tail) if until_tail > 0 else len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def _fetch(self, start: int, end: int) -> obstore.Bytes:
        try:
            with translate_errors(self._store):
                return retry(lambda: self._get_range(start, end))
        except (PreconditionError, FileNotFoundError):
            raise ReplacedError(
                f"{self._key} was replaced while it was being read: try again."
            ) from None

    def _get_range(self, start: int, end: int) -> obstore.Bytes:
        options: GetOptions = {"range": (start, end), "if_match": self._version}
        body = _request(self._store, self._key, options).bytes()
        _check_length(self._key, len(body), end - start)
        return body


class OpenedObject(NamedTuple):
    """An object that is open for reading, and its metadata."""

    file: BinaryIO
    attributes: "Attributes"


def open_object(store: ObjectStore, key: str, tail_bytes: int = TAIL_BYTES) -> BinaryIO | None:
    """Open an object for reading, None if it does not exist; raises StoreError.

    An object of a server without ranges is fetched as a whole, to a temporary file if it is large.
    """
    opened = open_with_attributes(store, key, tail_bytes)
    return opened.file if opened else None


def open_with_attributes(store: ObjectStore, key: str, tail_bytes: int) -> OpenedObject | None:
    """Open an object as `open_object` does, with its metadata."""
    try:
        with translate_errors(store):
            return retry(lambda: _open_ranged(store, key, tail_bytes))
    except FileNotFoundError:
        return None


def _open_ranged(store: ObjectStore, key: str, tail_bytes: int) -> OpenedObject:
    try:
        found = _request(store, key, {"range": {"suffix": tail_bytes}})
        size, version, tail = found.meta["size"], found.meta["e_tag"], found.bytes()
        _check_length(key, len(tail), min(tail_bytes, size))
        file = cast("BinaryIO", RangedObject(store, key, size, version, tail))
        return OpenedObject(file, found.attributes)
    except GenericError as error:
        if not any(part in str(error) for part in NO_RANGES):
            raise
        return _open_whole(store, key)


def _open_whole(store: ObjectStore, key: str) -> OpenedObject:
    with ExitStack() as stack:
        file = stack.enter_context(SpooledTemporaryFile(COPY_BYTES))
        found = _request(store, key, {})
        for chunk in found.stream():
            file.write(chunk)
        _check_length(key, file.tell(), found.meta["size"])
        file.seek(0)
        stack.pop_all()  # the caller closes it
        return OpenedObject(cast("BinaryIO", file), found.attributes)


def copy_object(store: ObjectStore, key: str, path: Path) -> bool:
    """Copy an object to a file; return whether the object exists. Raises StoreError."""
    for _ in range(COPY_TRIES - 1):
        try:
            return _copy(store, key, path)
        except ReplacedError:
            pass
    return _copy(store, key, path)


def _copy(store: ObjectStore, key: str, path: Path) -> bool:
    source = open_object(store, key)
    if source is None:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with source, path.open("wb") as target:
        shutil.copyfileobj(source, target, COPY_BYTES)
    return True


def put_file(store: ObjectStore, key: str, path: Path) -> None:
    """Upload a file, replacing the object at `key` in one step; raises StoreError."""
    in_parts = path.stat().st_size > PART_BYTES
    if in_parts:
        abort_uploads(store)

    def put() -> None:
        obstore.put(
            store,
            key,
            path,
            use_multipart=in_parts,
            chunk_size=PART_BYTES,
            max_concurrency=CONCURRENT_PARTS,
        )

    with translate_errors(store):
        retry(put)


def move_file(path: Path, target: Path) -> None:
    """Replace the file at `target` by another one of its store, in one step, durably."""
    create_folder(target.parent)
    sync(path)
    try:
        path.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # Somebody has put the folder on another file system.
        with temp_dir(target.parent) as folder:
            shutil.copyfile(path, folder / path.name)
            sync(folder / path.name)
            (folder / path.name).replace(target)
    sync(target.parent)
    sync(target.parent.parent)


def abort_uploads(store: ObjectStore) -> None:
    """Abort the uploads in parts whose processes were killed: nothing but a bucket has any."""
    if not isinstance(store, S3Store):
        return
    # boto3 takes most of a second to import: only buckets need it.
    from tg_pipeline.aws import MAX_UPLOAD_AGE, abort_stale_uploads  # noqa: PLC0415

    abort_stale_uploads(store, begun_before=datetime.now(UTC) - MAX_UPLOAD_AGE)
