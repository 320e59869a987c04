"""Files that commands write: each replaces an earlier one only once it is complete."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from tg_pipeline.exceptions import CommandError

ANYBODY: Final = 0o666
"""The mode of a file that only the umask restricts."""


@contextmanager
def replacement(path: Path, mode: int = ANYBODY) -> Iterator[BinaryIO]:
    """Return a file that replaces the one at `path` once it is complete; raises CommandError.

    It has the permissions of the one that it replaces; without one, `mode`, less the umask.
    """
    if path.exists() and not path.is_file():  # such as a named pipe
        with path.open("wb") as file:
            yield file
        return
    if not path.parent.is_dir():
        raise CommandError(f"--output {path}: the folder {path.parent} does not exist.")
    target = path.resolve()
    incomplete = target.with_name(f".{target.name}.incomplete")
    try:
        incomplete.unlink(missing_ok=True)
        handle = os.open(incomplete, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            yield file
        if target.exists():
            shutil.copymode(target, incomplete)
        incomplete.replace(target)
    except OSError as error:
        if error.filename:
            raise
        # A failed write does not name its file: a full disk, for example.
        raise CommandError(f"--output {path}: {error.strerror}.") from None
    finally:
        incomplete.unlink(missing_ok=True)
