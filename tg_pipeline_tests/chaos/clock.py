"""`VirtualClock`: the time of a world, which all its ingestion processes read from one file."""

import mmap
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

SECONDS: Final = struct.Struct("d")


class VirtualClock:
    """A clock that is ahead of or behind the system's, by the seconds in a file."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(SECONDS.pack(0.0))
        with path.open("r+b") as file:
            self._seconds = mmap.mmap(file.fileno(), SECONDS.size)

    def set(self, now: datetime) -> None:
        ahead = (now - datetime.now(UTC)).total_seconds()
        self._seconds[:] = SECONDS.pack(ahead)

    def now(self) -> datetime:
        (ahead,) = SECONDS.unpack(self._seconds[:])
        return datetime.now(UTC) + timedelta(seconds=ahead)

    def wrong_by(self, seconds: float) -> Callable[[], datetime]:
        """Return the clock of a machine whose time is wrong."""
        return lambda: self.now() + timedelta(seconds=seconds)
