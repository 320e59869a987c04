"""The object store at a URI: open it, list it, and retry what obstore does not retry itself."""

import errno
import os
import re
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import obstore
from obstore.exceptions import BaseError, GenericError, InvalidPathError
from obstore.store import LocalStore, ObjectStore, S3Store

from lambda_ingest.local_disk import is_staged
from lambda_ingest.store import BATCH_TIMEOUT, StoreError, open_store
from tg_pipeline.storage.errors import IncompleteError, translate_errors, uri_of

if TYPE_CHECKING:
    from obstore import ObjectMeta

RUNTIME_THREADS: Final = "TOKIO_WORKER_THREADS"
"""The variable that sets the number of threads in obstore's runtime, which wait for sockets.

With one thread nothing moves between cores: a small object costs a third less CPU to fetch.
https://docs.rs/tokio/latest/tokio/runtime/struct.Builder.html#method.worker_threads
"""

SUFFICIENT_VARIABLES: Final = (
    {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
    {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"},
    {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"},
    {"AWS_SKIP_SIGNATURE"},
)
"""Variables from which obstore gets credentials itself: keys, a container's role, or none."""

BACKOFF: Final = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Seconds to wait before each retry."""

RETRYABLE: Final = (
    "response body error",
    "Got invalid list response",
    "Content-Range header not present",
    "Content-Length Header missing",
    "<Code>RequestTimeout</Code>",
    "<Code>NoSuchUpload</Code>",
    "status code: 409",
)
"""Parts of the messages of errors that a retry may resolve.

A listing that ends early is invalid. Without a Content-Range, obstore had asked for the rest of a
body that was cut off. A response without a Content-Length may be incomplete. NoSuchUpload: the
upload was completed, and the response was lost. 409: another client is writing to the same key.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

NO_RESPONSE: Final = ("kind: Timeout", "kind: Interrupted")
"""Parts of the messages of errors of requests without a response."""

PAGE_OBJECTS: Final = 1_000
"""Objects per page of a listing: the most that S3 returns at once."""

_LOOPS: Final = ("File system loop found", "Too many levels of symbolic links")
"""Parts of the messages about a link to a folder that contains it, or to itself."""

_NO_FOLDER: Final = frozenset({errno.ELOOP, errno.ENOTDIR})
"""The errors of a link to itself, and of a file, in the place of a folder."""

_HIDDEN: Final = re.compile(rb".+#\d+", re.DOTALL)
"""Names that obstore takes for its own temporary files."""

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")

_TIMES: Final = re.compile(r"elapsed: ([\d.]+)(s|ms|µs|ns),\s+retry_timeout: ([\d.]+)s,")

Result = TypeVar("Result")


def open_object_store(uri: str, timeout: timedelta = BATCH_TIMEOUT) -> ObjectStore:
    """Open the store at `file:///folder`, `s3://bucket/prefix` or `memory://`; raises StoreError.

    A request to a bucket is retried until `timeout` is over.
    """
    os.environ.setdefault(RUNTIME_THREADS, "1")
    if not uri.startswith("s3://") or has_credentials(os.environ):
        return open_store(uri, timeout)
    # boto3 takes most of a second to import: only profiles and roles need it.
    from tg_pipeline.aws import s3_options  # noqa: PLC0415

    return open_store(uri, timeout, **s3_options(uri, os.environ))


def shared_uri(store: ObjectStore) -> str | None:
    """Return the URI at which another process opens the same store; None if it is in memory."""
    if isinstance(store, LocalStore) and store.prefix is not None:
        return Path(store.prefix).as_uri()
    return uri_of(store) if isinstance(store, S3Store) else None


def has_credentials(environment: Mapping[str, str]) -> bool:
    """Check whether the environment has credentials for obstore, so that no profile is needed."""
    names = {name for name, value in environment.items() if value}
    return "AWS_PROFILE" not in names and any(each <= names for each in SUFFICIENT_VARIABLES)


def retry(request: Callable[[], Result], sleep: Callable[[float], None] = time.sleep) -> Result:
    """Return the result of `request`, retried after errors that may pass; raises its last error."""
    for seconds in BACKOFF:
        try:
            return request()
        except (BaseError, FileNotFoundError, IncompleteError) as error:
            if not is_retryable(error):
                raise
        sleep(seconds)
    return request()


def is_retryable(error: Exception) -> bool:
    """Check whether an error of obstore may pass, and was not retried by obstore itself."""
    text = str(error)
    if isinstance(error, IncompleteError) or any(part in text for part in RETRYABLE):
        return True
    return any(part in text for part in NO_RESPONSE) and _has_time_left(text)


def _has_time_left(text: str) -> bool:
    """Check whether a request failed well before its timeout was over."""
    times = _TIMES.search(text)
    if times is None:
        return False
    elapsed, unit, timeout = times.groups()
    return unit != "s" or float(elapsed) < float(timeout) / 2


def list_pages(
    store: ObjectStore, prefix: str, unreadable: list[str] | None = None
) -> Iterator["Sequence[ObjectMeta]"]:
    """Return all objects under a prefix in pages; some may be in several pages.

    A bucket's objects are in the order of their keys, each once, on AWS; other servers are not as
    strict. Objects with names that obstore can't handle are left out; the names are added to
    `unreadable`, with escapes. Raises StoreError, or the file system's errors.
    """
    listing = _Listing(store, prefix)
    with translate_errors(store):
        try:
            while (page := retry(listing.next_page)) is not None:
                yield page
        except (InvalidPathError, GenericError) as error:
            if not _is_about_a_name(error):
                raise
        else:
            return
        odd = unreadable if unreadable is not None else []
        if isinstance(store, S3Store):
            yield from _list_bucket(store, prefix, listing.last_key, odd)
        elif isinstance(store, LocalStore) and store.prefix is not None:
            yield list(_list_folder(store, Path(store.prefix), prefix, odd))


def list_folders(store: ObjectStore, prefix: str, unreadable: list[str] | None = None) -> list[str]:
    """Return the folders directly under a prefix.

    Adds to `unreadable` like `list_pages`, and also the objects that are beside these folders.
    """
    odd: list[str] = []
    with translate_errors(store):
        try:
            found = retry(lambda: obstore.list_with_delimiter(store, prefix))
        except (InvalidPathError, GenericError) as error:
            if not _is_about_a_name(error):
                raise
            listed = [meta for page in list_pages(store, prefix, odd) for meta in page]
            depth = prefix.count("/") + 2
            parts = (meta["path"].split("/") for meta in listed)
            folders = {"/".join(each[:depth]) for each in parts if len(each) > depth}
            objects = [meta for meta in listed if meta["path"].count("/") < depth]
        else:
            folders, objects = set(map(str, found["common_prefixes"])), list(found["objects"])
    if unreadable is not None:
        # The consoles of object stores create empty objects for folders.
        beside = sorted(meta["path"].encode() for meta in objects if meta["size"])
        unreadable += [*odd, *map(escaped, beside)]
    return sorted(folders)


def hidden_names(store: ObjectStore, prefix: str) -> list[str]:
    """Return the names that obstore leaves out of its listings of a folder on disk, with escapes.

    They end in # and digits, but are none of ingestion's own; or they are links to nothing.
    """
    if not isinstance(store, LocalStore) or store.prefix is None:
        return []
    found: list[str] = []
    root = os.fsencode(store.prefix)
    for path in _files(os.path.join(root, os.fsencode(prefix)), frozenset(), found, root):  # noqa: PTH118 - bytes
        if not _HIDDEN.fullmatch(path):
            continue
        name = os.path.relpath(path, root)
        if not is_staged(os.fsdecode(name)):
            found.append(escaped(name))
    return found


def escaped(name: bytes) -> str:
    """Return a name with escapes for all that is no printable ASCII."""
    return repr(name)[2:-1]


def _is_about_a_name(error: Exception) -> bool:
    return isinstance(error, InvalidPathError) or any(part in str(error) for part in _LOOPS)


def _list_folder(
    store: LocalStore, folder: Path, prefix: str, unreadable: list[str]
) -> Iterator["ObjectMeta"]:
    """Yield the objects of a folder with names that obstore's own listing fails at."""
    root = os.fsencode(folder)
    for path in _files(os.path.join(root, os.fsencode(prefix)), frozenset(), unreadable, root):  # noqa: PTH118 - bytes
        name = os.path.relpath(path, root)
        try:
            yield obstore.head(store, name.decode())
        except FileNotFoundError:
            continue
        except (ValueError, BaseError):
            # Names that end in # and digits are reported by `hidden_names`.
            if not _HIDDEN.fullmatch(name):
                unreadable.append(escaped(name))


def _files(
    folder: bytes, parents: frozenset[tuple[int, int]], unreadable: list[str], root: bytes
) -> Iterator[bytes]:
    """Yield the paths of all files in a folder, also in linked ones; add the links that loop."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in _NO_FOLDER:
            raise
        unreadable.append(escaped(os.path.relpath(folder, root)))
        return
    for entry in found:
        if entry.is_file(follow_symlinks=False):
            yield entry.path
            continue
        try:
            status = entry.stat()
        except OSError:
            unreadable.append(escaped(os.path.relpath(entry.path, root)))
            continue
        here = (status.st_dev, status.st_ino)
        if not stat.S_ISDIR(status.st_mode):
            if stat.S_ISREG(status.st_mode):
                yield entry.path
        elif here in parents or here == _identity(folder):
            unreadable.append(escaped(os.path.relpath(entry.path, root)))
        else:
            yield from _files(entry.path, parents | {_identity(folder)}, unreadable, root)


def _identity(folder: bytes) -> tuple[int, int]:
    status = os.stat(folder)  # noqa: PTH116 - bytes
    return status.st_dev, status.st_ino


def _list_bucket(
    store: S3Store, prefix: str, after: str | None, unreadable: list[str]
) -> Iterator["Sequence[ObjectMeta]"]:
    """Yield the objects of a bucket after a key, by boto3, which has no rules for keys."""
    # boto3 takes most of a second to import: only keys that obstore can't list need it.
    from tg_pipeline.aws import list_bucket  # noqa: PLC0415

    base = f"{store.prefix}/" if store.prefix else ""
    for page in list_bucket(store, f"{base}{prefix}/", f"{base}{after}" if after else ""):
        metas: list[ObjectMeta] = []
        for each in page:
            key = each["Key"].removeprefix(base)
            if is_valid_key(key):
                metas.append(
                    {
                        "path": key.strip("/"),
                        "last_modified": each["LastModified"],
                        "size": each["Size"],
                        "e_tag": each["ETag"],
                        "version": None,
                    }
                )
            else:
                unreadable.append(escaped(key.encode()))
        yield metas


def is_valid_key(key: str) -> bool:
    """Check whether obstore can read an object: no control characters, no segment `.` or empty."""
    parts = key.strip("/").split("/")
    return not _CONTROLS.search(key) and not any(part in {"", ".", ".."} for part in parts)


class _Listing:
    """A listing that continues after its last page if it fails.

    If its keys are not in order, there is no such place, and it starts again from the beginning.
    """

    def __init__(self, store: ObjectStore, prefix: str) -> None:
        self._store, self._prefix = store, prefix
        self.last_key: str | None = None
        """The last key of the pages so far; None if they were not in order."""
        self._is_in_order = True
        self._page: Sequence[ObjectMeta] = ()
        self._pages = self._start()

    def next_page(self) -> "Sequence[ObjectMeta] | None":
        """Return the next page, None after the last; after an error it can be called again."""
        try:
            page = next(self._pages, None)
        except BaseError:
            self.last_key = self.last_key if self._is_in_order else None
            self._page, self._pages = (), self._start()
            raise
        if not page:
            return page
        keys = [meta["path"] for meta in page]
        if self._page and keys == [meta["path"] for meta in self._page]:
            raise StoreError(
                f"The listing of {self._prefix} repeats its pages, here from {keys[0]} to "
                f"{keys[-1]}: the server does not continue listings, so it can't be used."
            )
        self._is_in_order &= keys == sorted(keys) and keys[0] > (self.last_key or "")
        self.last_key, self._page = keys[-1], page
        return page

    def _start(self) -> "Iterator[Sequence[ObjectMeta]]":
        return obstore.list(
            self._store, self._prefix, offset=self.last_key, chunk_size=PAGE_OBJECTS
        )
