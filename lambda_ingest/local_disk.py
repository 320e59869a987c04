"""Durable files: put one under a name that is free, complete or not at all.

A file is written in the reserved folder STAGED of its landing zone, synced, and then linked under
its name. So a name never belongs to a part of a file, whenever its writer is killed.
"""

import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import get_ident
from typing import Final
from urllib.parse import quote, unquote

from lambda_ingest.arrivals import append_to_journal

STAGED: Final = ".staged"
"""The folder with the files that have no name yet. Its files are named `<key>#<digits>`: the key is
quoted, and obstore's listings leave out names that end in # and digits."""

STALE_AFTER: Final = timedelta(hours=1)
"""Age of a staged file that gets no name any more: a writer names it at once."""

MAX_NAME_BYTES: Final = 200
"""Of a quoted key: a name has at most 255 bytes on most file systems."""

PREFIXES: Final = ("telegram", "rejected", "replies", "gaps", "chats")
"""The folders in which earlier versions staged files, beside their names."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_STAGED_NAME: Final = re.compile(r"(.+)#\d{8,}")

_DAY: Final = r"context_date=\d{4}-\d{2}-\d{2}"
_BESIDE: Final = re.compile(
    rf"((telegram|replies)/{_DAY}/\d{{1,19}}-([0-9a-f]{{64}}\.ndjson\.gz|\d{{1,19}}\.json)"
    rf"|rejected/{_DAY}/[0-9a-f]{{64}}\.json"
    rf"|gaps/{_DAY}/\d{{1,19}}-[a-z]+"
    r"|chats/-?\d{1,19}/successor-of--?\d{1,19}\.json"
    r")#\d{8,}"
)
"""The paths of files that were staged beside their names: a key of the landing contract, the
process and the thread. Any other file with a # in its name is not ours, and is left alone."""


def is_staged(key: str) -> bool:
    """Return whether a file of an earlier version was staged beside its name under this key."""
    return bool(_BESIDE.fullmatch(key))


def durable_put(folder: Path, key: str, body: bytes, arrived_at: datetime | None = None) -> bool:
    """Write a file if it does not exist; return whether it was written. Raises OSError.

    The content is synced before the file gets its name; the name is synced before this returns,
    even if another process wrote it. If it fails, nothing of the file is left.

    `arrived_at` becomes the file's time, which is synced with the content, and a line of the
    journal, which is not: after a power cut the file's time replaces a line that was lost.
    """
    path = folder / key
    is_new = not path.exists() and _put(folder, key, body, arrived_at)
    sync(path.parent)
    return is_new


def _put(folder: Path, key: str, body: bytes, arrived_at: datetime | None) -> bool:
    def name(temporary: Path, path: Path) -> None:
        if arrived_at:
            append_to_journal(folder, key, arrived_at)
        os.link(temporary, path)

    try:
        write_and_name(folder, key, body, arrived_at, name)
    except FileExistsError:
        if (folder / key).exists():
            return False
        raise  # a file in place of a folder
    return True


def write_and_name(
    folder: Path,
    key: str,
    body: bytes,
    modified_at: datetime | None,
    name: Callable[[Path, Path], None],
) -> None:
    """Write a file without a name, and call `name` with its path and that of the key.

    The file is synced, and its folder exists. If the two are on different file systems, the file is
    written again beside its name. Raises OSError, and what `name` raises.
    """
    path = folder / key
    quoted = quote(key, safe="=")[-MAX_NAME_BYTES:]
    create_folder(folder / STAGED)
    try:
        with _temporary(folder / STAGED, quoted, body, modified_at) as temporary:
            create_folder(path.parent)
            name(temporary, path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with _temporary(path.parent, path.name, body, modified_at) as temporary:
            name(temporary, path)


@contextmanager
def _temporary(
    folder: Path, name: str, body: bytes, modified_at: datetime | None
) -> Iterator[Path]:
    handle, path = _create_file(folder, name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            if modified_at:
                nanoseconds = (modified_at - _EPOCH) // timedelta(microseconds=1) * 1_000
                os.utime(file.fileno(), ns=(nanoseconds, nanoseconds))
            os.fsync(file.fileno())
        yield path
    finally:
        path.unlink(missing_ok=True)


def _create_file(folder: Path, name: str) -> tuple[int, Path]:
    """Create a file that no other writer has: containers may have the same process ids."""
    writer = f"{os.getpid()}{get_ident()}"
    paths = (folder / f"{name}#{writer:0>8}{number:03}" for number in count())
    while True:
        path = next(paths)
        with suppress(FileExistsError):
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), path


def sync(path: Path) -> None:
    """Flush a file or a folder to the disk, so that it survives a power cut; raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def create_folder(folder: Path) -> None:
    """Create a folder, and those above it, so that they survive a power cut; raises OSError."""
    if folder.is_dir():
        return
    create_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def staged_files(folder: Path, beside: Iterable[str] = PREFIXES) -> Iterator[tuple[str, Path]]:
    """Yield the files that have no name yet, with the key that each is for.

    Those beside their names are looked for below the prefixes `beside`. A long key lacks its
    beginning.
    """
    for path in _marked_files(folder / STAGED):
        if found := _STAGED_NAME.fullmatch(path.name):
            yield unquote(found[1]), path
    for prefix in beside:
        for path in _marked_files(folder / prefix):
            key = path.relative_to(folder).as_posix()
            if _BESIDE.fullmatch(key):
                yield key.rpartition("#")[0], path


def _marked_files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that have a # in their names."""
    # Not Path.rglob, which takes ten times as long: there may be a million files.
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _marked_files(Path(entry.path))
            elif "#" in entry.name and entry.is_file(follow_symlinks=False):
                yield Path(entry.path)


def sweep_staged_files(
    folder: Path, now: Callable[[], datetime], beside: Iterable[str] = PREFIXES
) -> None:
    """Remove the files that killed writers left; `now` is aware. Raises no OSError.

    A file is left to its writer until it is older than STALE_AFTER. Its age is that of its last
    change, as writers set the time of modification to that of the arrival.
    """
    with suppress(OSError):
        for _, path in staged_files(folder, beside):
            # A file that is already gone, or that this process may not remove, is left to others.
            with suppress(OSError):
                changed = datetime.fromtimestamp(path.stat().st_ctime, UTC)
                if now() - changed > STALE_AFTER:
                    path.unlink()
