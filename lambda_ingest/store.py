"""Open file://, s3://, memory://; durable conditional put."""

import os
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from threading import get_ident
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url


def durable_put(folder: Path, key: str, body: bytes) -> bool:
    """Write a file unless its name is taken; say whether it was written.

    The bytes are on the disk before the name is, so a name never stands for half an object; and
    the name is on the disk before this returns, whoever wrote it.
    """
    path = folder / key
    _make_folder(path.parent)
    staged = path.with_name(f"{path.name}#{os.getpid()}{get_ident()}")
    try:
        _write(staged, body)
        os.link(staged, path)
    except FileExistsError:
        return False
    else:
        return True
    finally:
        staged.unlink(missing_ok=True)
        sync(path.parent)


def _write(path: Path, body: bytes) -> None:
    """Write a file whose name, ending in # and digits, is one that obstore's listings leave out."""
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sync(path: Path) -> None:
    """Have a file or a folder survive a power cut; raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


SCHEMES: Final = ("file", "s3", "memory")

BATCH_TIMEOUT: Final = timedelta(minutes=3)
"""How long a bucket is tried for a build: what waits is a machine."""

REQUEST_TIMEOUT: Final = timedelta(seconds=8)
"""How long for a webhook call: Telegram would rather hear of a failure, and try again."""

_ONE_TRY: Final = timedelta(seconds=30)

_MAX_TRIES: Final = 1_000_000
"""More than fit in any patience, which is what bounds them; obstore's own bound is 10."""

StoreFactory = Callable[[str, timedelta], ObjectStore]
"""Opens the store at a URI, which then tries for so long; raises StoreError."""

_CONFLICT: Final = "status code: 409"
"""How a bucket says that something else is happening to a key just now, and nothing was stored.

obstore takes that for a key that is taken, and its message is all that tells the two apart.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html (If-None-Match)
"""


class StoreError(Exception):
    """A store can't be used; the message says which and why, in one sentence."""


def open_store(
    uri: str, patience: timedelta = BATCH_TIMEOUT, **beside_environment: Any
) -> ObjectStore:
    """Open the store at `file:///folder`, `s3://bucket/prefix` or `memory://`.

    A folder is made where it is missing. Credentials, region and endpoint of a bucket come from
    the standard AWS variables, or are given beside them as obstore's options; nothing is asked of
    it yet. A request is tried again while `patience` lasts. Raises StoreError.
    """
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise StoreError(f"{uri!r} is no URI: {first_line(error)}") from None
    scheme = parts.scheme
    if scheme not in SCHEMES:
        raise StoreError(f"{uri!r} is no file://, s3:// or memory:// URI.")
    if scheme == "memory":
        return _memory(uri)
    try:
        if scheme == "file":
            return _open_folder(uri)
        return _open_bucket(uri, patience, beside_environment)
    except (OSError, ValueError, obstore.exceptions.BaseError) as error:
        raise StoreError(f"{uri} can't be opened: {first_line(error)}") from error


def local_folder(uri: str) -> Path | None:
    """Give the folder that a `file://` URI names, None for any other."""
    parts = urlsplit(uri)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def put_if_absent(store: ObjectStore, key: str, body: bytes) -> bool:
    """Put an object unless its key is taken; say whether it was put. It is durable either way.

    The condition is the store's own (`If-None-Match: *` on S3), so two doors can't both win.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """
    if isinstance(store, LocalStore) and store.prefix is not None:
        return durable_put(Path(store.prefix), key, body)
    try:
        obstore.put(store, key, body, mode="create")
    except AlreadyExistsError as error:
        if _CONFLICT in str(error):
            raise
        return False
    return True


def first_line(error: BaseException) -> str:
    """Give an error's message without the pages of detail that a client library adds."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


@cache
def _memory(_uri: str) -> MemoryStore:
    """Give the one store of a memory:// URI: what a process puts there, it finds there."""
    return MemoryStore()


def _open_folder(uri: str) -> LocalStore:
    folder = local_folder(uri)
    if folder is None or not folder.is_absolute() or urlsplit(uri).netloc not in {"", "localhost"}:
        raise ValueError("a file:// URI needs an absolute path, such as file:///var/lib/landing")
    folder.mkdir(parents=True, exist_ok=True)
    return LocalStore(folder)


def _open_bucket(uri: str, patience: timedelta, beside_environment: dict[str, Any]) -> ObjectStore:
    # An endpoint of one's own may be http://; AWS's are https:// whatever is allowed.
    return from_url(
        uri,
        client_options={"allow_http": True, "timeout": min(patience, _ONE_TRY)},
        retry_config={"retry_timeout": patience, "max_retries": _MAX_TRIES},
        **beside_environment,
    )
