"""The lock of commands that rewrite a landing zone: `forget`, `seal` and `unseal`.

A person who is forgotten while a day is being sealed would be in the sealed object again.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def landing_lock(landing_uri: str, on_wait: Callable[[], object]) -> Iterator[None]:
    """Wait for another command on this machine that rewrites the landing zone.

    `on_wait` is called if there is one.
    """
    name = hashlib.sha256(landing_uri.encode()).hexdigest()[:16]
    lock = FileLock(Path(tempfile.gettempdir()) / f"tg_pipeline-forget-{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        on_wait()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
