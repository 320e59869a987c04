"""An object on a disk that outlives a power cut from the moment it is said to be there.

obstore's own put leaves it to the kernel when the bytes reach the disk, and a door must not
promise that.
"""

import os
from pathlib import Path
from threading import get_ident


def put_on_disk(folder: Path, key: str, body: bytes) -> bool:
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
