"""Files that commands write: each replaces an earlier one only once it is complete."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tg_pipeline.exceptions import CommandError


@contextmanager
def replacement(path: Path) -> Iterator[BinaryIO]:
    """Return a file that replaces the one at `path` once it is complete; raises CommandError.

    It has the permissions of the one that it replaces.
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
        with incomplete.open("wb") as file:
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
