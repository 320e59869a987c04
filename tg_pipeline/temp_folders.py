"""Temporary folders, whose leftovers are removed by the next process if theirs was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from lambda_ingest.local_disk import create_folder

TEMP_PREFIX: Final = ".writing-"
"""Prefix of the names in a lake; no query takes such a folder for a table or a partition."""

SYSTEM_PREFIX: Final = f"{TEMP_PREFIX}tg_pipeline-"
"""Prefix of the names in the system's temporary folder, which belongs to other programs as well."""


@contextmanager
def temp_dir(parent: Path | None = None) -> Iterator[Path]:
    """Create a folder in `parent`, by default the system's temporary folder, and remove it later.

    The process holds a lock on the folder, which ends with the process. Folders of processes that
    were killed have no lock; they are removed here.
    """
    remove_abandoned(parent)
    folder, lock = _create_locked(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        os.close(lock)


def remove_abandoned(parent: Path | None = None) -> None:
    """Remove the temporary folders in a folder whose processes were killed."""
    place, prefix = _place(parent)
    with suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            if entry.name.startswith(prefix):
                with suppress(OSError):
                    _remove_unless_locked(entry.path)


def _place(parent: Path | None) -> tuple[Path, str]:
    return (Path(tempfile.gettempdir()), SYSTEM_PREFIX) if parent is None else (parent, TEMP_PREFIX)


def _remove_unless_locked(folder: str) -> None:
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(lock)


def _create_locked(parent: Path | None) -> tuple[Path, int]:
    """Create and lock a folder; start over if another process removed it before it was locked."""
    place, prefix = _place(parent)
    create_folder(place)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        with suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY)
            # On a file system without locks, no process removes the folders of others either.
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)
