"""Ranged reads pinned to a version; multipart uploads."""

import io
import os
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, Final, cast

import obstore
from obstore.exceptions import GenericError, PreconditionError
from obstore.store import ObjectStore, S3Store

from tg_pipeline.lake.errors import TransientStoreError, translate_errors
from tg_pipeline.lake.object_store import retry

AT_ONCE: Final = 1024 * 1024
"""Bytes at the end of an object that are fetched as it is opened: mostly all of it."""

COPIED: Final = 16 * 1024 * 1024
"""Bytes that a request for a copy fetches, and what is held in memory of an object that a server
gives only as a whole."""

UNRANGED: Final = ("non-partial response", "status code: 416")
"""How a server answers that knows no ranges, or none of an empty object.

rclone's knows none; AWS, Ceph and moto do, and of an empty object they have none.
"""

COPIES: Final = 3
"""Times that a copy is begun of an object that is replaced again and again."""


class ReplacedError(TransientStoreError):
    """An object was replaced while it was read, and the rest of the old one is gone."""


class RangedObject(io.RawIOBase):
    """An object as it was when it was opened, for whoever reads a file here and there."""

    def __init__(self, store: ObjectStore, key: str, meta: Any, tail: obstore.Bytes) -> None:
        """Read `key`, of which `meta` tells size and version, and whose last bytes are `tail`."""
        self._store, self._key = store, key
        self._size: int = meta["size"]
        self._version: str | None = meta["e_tag"]
        self._tail = memoryview(tail)
        self._at = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that a place in it can be gone to."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, as in a file."""
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, count: int = -1) -> bytes:
        """Give the next bytes, up to `count`, as something that has bytes; raises StoreError."""
        begin = self._at
        end = self._size if count < 0 else min(begin + count, self._size)
        if begin >= end:
            return b""
        self._at = end
        known = self._size - len(self._tail)
        if begin >= known:
            return cast("bytes", self._tail[begin - known : end - known])
        return cast("bytes", self._fetch(begin, end))

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Put the next bytes where a buffered reader wants them; raises StoreError."""
        known = self._size - len(self._tail)
        count = min(len(buffer), known - self._at) if self._at < known else len(buffer)
        piece = self.read(count)
        buffer[: len(piece)] = piece
        return len(piece)

    def _fetch(self, begin: int, end: int) -> obstore.Bytes:
        wanted: Any = {"range": (begin, end), "if_match": self._version}
        try:
            with translate_errors(self._store):
                return retry(lambda: obstore.get(self._store, self._key, options=wanted).bytes())
        except (PreconditionError, FileNotFoundError):
            told = f"{self._key} was replaced while it was read: try again."
            raise ReplacedError(told) from None


def open_object(store: ObjectStore, key: str, at_once: int = AT_ONCE) -> BinaryIO | None:
    """Open an object for reading, None where there is none; raises StoreError.

    A server that knows no ranges gives it as a whole, into a temporary file if it is large.
    """
    try:
        with translate_errors(store):
            return retry(lambda: _open_ranged(store, key, at_once))
    except FileNotFoundError:
        return None


def copy_object(store: ObjectStore, key: str, path: Path) -> bool:
    """Copy an object to a file, and say whether there is such an object; raises StoreError."""
    for _ in range(COPIES - 1):
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
        shutil.copyfileobj(source, target, COPIED)
    return True


def _open_ranged(store: ObjectStore, key: str, at_once: int) -> BinaryIO:
    try:
        found = obstore.get(store, key, options={"range": {"suffix": at_once}})
        return cast("BinaryIO", RangedObject(store, key, found.meta, found.bytes()))
    except GenericError as error:
        if not any(sign in str(error) for sign in UNRANGED):
            raise
        return _open_whole(store, key)


def _open_whole(store: ObjectStore, key: str) -> BinaryIO:
    with ExitStack() as stack:
        held = stack.enter_context(SpooledTemporaryFile(COPIED))
        for piece in obstore.get(store, key).stream():
            held.write(piece)
        held.seek(0)
        stack.pop_all()  # whoever asked closes it
        return cast("BinaryIO", held)


PART: Final = 16 * 1024 * 1024
"""Bytes a part, and the size from which on a file is put in parts: of 10,000 at most, 156 GiB."""

SIDE_BY_SIDE: Final = 4
"""Parts under way, and so in memory, at a time."""


def put_file(store: ObjectStore, key: str, path: Path) -> None:
    """Put a file in the place of the object under `key`; raises StoreError."""
    if path.stat().st_size <= PART:
        _put(store, key, path, in_parts=False)
        return
    if isinstance(store, S3Store):
        _abort_abandoned(store, key)
    _put(store, key, path, in_parts=True)


def _put(store: ObjectStore, key: str, path: Path, *, in_parts: bool) -> None:
    def put() -> None:
        obstore.put(
            store,
            key,
            path,
            use_multipart=in_parts,
            chunk_size=PART,
            max_concurrency=SIDE_BY_SIDE,
        )

    with translate_errors(store):
        retry(put)


def _abort_abandoned(store: S3Store, key: str) -> None:
    # boto3 takes most of a second to import: only a large put waits for it.
    from tg_pipeline.aws import ABANDONED_AFTER, abort_stale_uploads  # noqa: PLC0415

    abort_stale_uploads(store, key, begun_before=datetime.now(UTC) - ABANDONED_AFTER)
