"""A folder to write in, that is gone at the end: a killed process's by the next one's hand."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

WRITING: Final = ".writing-"
"""What the folders' names begin with; no query takes such a name for a partition."""


@contextmanager
def scratch_folder(beside: Path | None) -> Iterator[Path]:
    """Give a new folder in `beside`, by default among the system's temporary files.

    Whoever works in it holds a lock on it, which ends with the process however that ends; what
    nobody holds is cleared away here.
    """
    parent = beside or Path(tempfile.gettempdir())
    parent.mkdir(parents=True, exist_ok=True)
    sweep(parent)
    folder, lock = _claim(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        os.close(lock)


def sweep(parent: Path) -> None:
    """Remove the folders in which nobody writes any more."""
    for folder in parent.glob(f"{WRITING}*"):
        with suppress(OSError):
            _remove_unless_held(folder)


def _claim(parent: Path) -> tuple[Path, int]:
    """Make a folder and hold it; another one where a sweep came between the two."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=WRITING, dir=parent))
        with suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY)
            # Where the file system has no locks, nobody sweeps either.
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _remove_unless_held(folder: Path) -> None:
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(lock)
