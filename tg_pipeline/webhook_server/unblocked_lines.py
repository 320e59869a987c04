"""`UnblockedLines`: a text file that never makes its writer wait for its reader."""

import os
import select
from collections.abc import Callable
from io import TextIOBase
from queue import Full, Queue
from threading import Lock, Thread
from typing import Final, Self

MAX_LINES: Final = 10_000
"""Lines that wait for a reader: minutes of a busy bot, and about 5 MB."""

FLUSH_SECONDS: Final = 5.0
"""How long the end waits for a reader that takes nothing."""

RETRY_SECONDS: Final = 1.0
"""How long a descriptor that another program made non-blocking is waited for at once."""


class UnblockedLines(TextIOBase):
    """Writes to a descriptor from a thread of its own.

    If the reader of a pipe stalls, lines wait; if too many do, or if the reader is gone, they are
    dropped. The next line that can be written is followed by a report of how many were.
    """

    def __init__(
        self, descriptor: int, report: Callable[[int], str], capacity: int = MAX_LINES
    ) -> None:
        """Start the thread; `report` returns a line about a number of dropped lines."""
        self._descriptor = descriptor
        self._report = report
        self._lines: Queue[str | None] = Queue(capacity)
        self._dropped = 0
        self._lock = Lock()
        # A daemon: it may wait for a reader for ever.
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Return the file."""
        return self

    def write(self, text: str) -> int:
        """Take one line, or several."""
        try:
            self._lines.put_nowait(text)
        except Full:
            self._count_dropped(1)
        return len(text)

    def close(self) -> None:
        """Write the lines that wait, but wait for the reader for FLUSH_SECONDS at most."""
        if not self.closed and self._thread.is_alive():
            try:
                self._lines.put(None, timeout=FLUSH_SECONDS)
            except Full:
                pass
            else:
                self._thread.join(FLUSH_SECONDS)
        super().close()

    def _run(self) -> None:
        while (text := self._lines.get()) is not None and not self.closed:
            try:
                self._write(text)
                self._report_dropped()
            except OSError:
                self._count_dropped(1)

    def _report_dropped(self) -> None:
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        if dropped:
            try:
                self._write(self._report(dropped))
            except OSError:
                self._count_dropped(dropped)

    def _write(self, text: str) -> None:
        remaining = memoryview(text.encode("utf-8", "replace"))
        while remaining:
            try:
                remaining = remaining[os.write(self._descriptor, remaining) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [], RETRY_SECONDS)

    def _count_dropped(self, count: int) -> None:
        with self._lock:
            self._dropped += count
