"""Object stores: open file://, s3:// or memory://, and put an object durably if it is absent."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from lambda_ingest.arrivals import RECEIVED_AT, format_arrival
from lambda_ingest.local_disk import PREFIXES, create_folder, durable_put, sweep_staged_files

SCHEMES: Final = ("file", "s3", "memory")

BATCH_TIMEOUT: Final = timedelta(minutes=3)
"""How long a build retries a request to a bucket: nobody waits for it."""

REQUEST_TIMEOUT: Final = timedelta(seconds=8)
"""How long a webhook call retries one: Telegram sends the update again after an error."""

_ATTEMPT_TIMEOUT: Final = timedelta(seconds=30)

_MAX_RETRIES: Final = 1_000_000
"""More than fit in any timeout, which is the real limit; obstore's default is 10."""

_CONFLICT: Final = "status code: 409"
"""How S3 reports a concurrent change of a key, in which case nothing was stored.

obstore raises the same error as for an existing key; only its message tells the two apart.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html (If-None-Match)
"""

StoreFactory = Callable[[str, timedelta], ObjectStore]
"""Opens the store at a URI, which retries requests until a timeout; raises StoreError."""


class StoreError(Exception):
    """A store can't be used; the message states which one and why, in one sentence."""


def open_store(uri: str, timeout: timedelta = BATCH_TIMEOUT, **options: Any) -> ObjectStore:
    """Open the store at `file:///folder`, `s3://bucket/prefix` or `memory://`.

    Creates a missing folder. Credentials, region and endpoint of a bucket come from the standard
    AWS variables and from `options`, which are obstore's; the bucket is not contacted yet. Requests
    are retried until `timeout`. Raises StoreError.
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        raise StoreError("The URI of a store is not a valid URI.") from None
    scheme = parts.scheme
    if scheme not in SCHEMES:
        # Not shown: it may be the value of another setting, such as a token.
        raise StoreError("The URI of a store is not a file://, s3:// or memory:// URI.")
    if scheme == "memory":
        return _open_memory(uri)
    try:
        if scheme == "file":
            return _open_folder(uri)
        return _open_bucket(uri, timeout, options)
    except (OSError, ValueError, obstore.exceptions.BaseError) as error:
        raise StoreError(f"{uri} can't be opened: {first_line(error)}") from error


def local_folder(uri: str) -> Path | None:
    """Return the folder of a `file://` URI, None for any other URI."""
    parts = urlsplit(uri)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def first_line(error: BaseException) -> str:
    """Return an error's message without the pages of detail that a client library adds."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


@cache
def _open_memory(_uri: str) -> MemoryStore:
    """Return the same store for the same memory:// URI, within a process."""
    return MemoryStore()


def _open_folder(uri: str) -> LocalStore:
    folder = local_folder(uri)
    if folder is None or not folder.is_absolute() or urlsplit(uri).netloc not in {"", "localhost"}:
        raise ValueError("a file:// URI needs an absolute path, such as file:///var/lib/landing")
    create_folder(folder)
    return LocalStore(folder)


def _open_bucket(uri: str, timeout: timedelta, options: dict[str, Any]) -> ObjectStore:
    # A custom endpoint may be http://; those of AWS are https:// in any case.
    return from_url(
        uri,
        client_options={"allow_http": True, "timeout": min(timeout, _ATTEMPT_TIMEOUT)},
        retry_config={"retry_timeout": timeout, "max_retries": _MAX_RETRIES},
        **options,
    )


def put_if_absent(
    store: ObjectStore, key: str, body: bytes, arrived_at: datetime | None = None
) -> bool:
    """Put an object if its key does not exist; return whether it was put. It is durable either way.

    The condition is checked by the store (`If-None-Match: *` on S3), so that only one of several
    concurrent writers succeeds. `arrived_at` (aware) is stored with the object.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """
    return put_and_tag(store, key, body, arrived_at) is not None


def put_and_tag(
    store: ObjectStore, key: str, body: bytes, arrived_at: datetime | None = None
) -> str | None:
    """Put an object like `put_if_absent`; return its e-tag or "", or None if it was not put."""
    if isinstance(store, LocalStore) and store.prefix is not None:
        return "" if durable_put(Path(store.prefix), key, body, arrived_at) else None
    attributes = {RECEIVED_AT: format_arrival(arrived_at)} if arrived_at else None
    try:
        result = obstore.put(store, key, body, mode="create", attributes=attributes)
    except AlreadyExistsError as error:
        if _CONFLICT in str(error):
            raise
        return None
    return result["e_tag"] or ""


def sweep(
    store: ObjectStore, now: Callable[[], datetime], beside: Iterable[str] = PREFIXES
) -> None:
    """Remove what killed writers left in a store; only one on a disk has such files.

    Files that earlier versions left are looked for below the prefixes `beside`.
    """
    if isinstance(store, LocalStore) and store.prefix is not None:
        sweep_staged_files(Path(store.prefix), now, beside)
