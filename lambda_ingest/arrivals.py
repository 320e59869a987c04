"""When an update arrived, stored with its object: in a bucket as metadata, on a disk in a journal.

A file has no metadata of its own, and most copies of a folder change the times of files. So the
journal is made of ordinary files of the landing zone, which every copy contains: one per day and
machine, with a line per object. Journals of several machines can be merged into one landing zone.
"""

import errno
import os
import re
import socket
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final

RECEIVED_AT: Final = "received-at"
"""The name of the metadata; S3 sends it as the header `x-amz-meta-received-at`."""

JOURNAL_PREFIX: Final = "arrivals"

_NOT_IN_NAMES: Final = re.compile(r"[^0-9A-Za-z.-]+")


def format_arrival(arrived_at: datetime) -> str:
    """Return an aware time as ISO 8601 in UTC, with microseconds: always 27 characters."""
    return f"{arrived_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def parse_arrival(text: str) -> datetime | None:
    """Return the time that a metadata value contains; None if it is not an aware ISO 8601 time."""
    try:
        parsed = datetime.fromisoformat(text)
        return parsed.astimezone(UTC) if parsed.tzinfo else None
    except (ValueError, OverflowError):
        return None


def journal_prefix(day_folder: str) -> str:
    """Return the prefix of the journals of a day's folder, such as `context_date=2026-10-07`."""
    return f"{JOURNAL_PREFIX}/{day_folder}"


def append_to_journal(landing: Path, object_key: str, arrived_at: datetime) -> None:
    """Append a line about an object to this machine's journal of the object's day.

    Concurrent processes append whole lines, since each line is one write in append mode. The line
    break before it ends the line of a process that was killed within its write. Raises OSError.
    """
    host = _NOT_IN_NAMES.sub("-", socket.gethostname())
    day_folder = PurePosixPath(object_key).parent.name
    path = landing / journal_prefix(day_folder) / f"{host}.txt"
    line = f"\n{object_key} {format_arrival(arrived_at)}\n".encode()
    try:
        _append(path, line)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        _append(path, line)


def _append(path: Path, line: bytes) -> None:
    journal = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        if os.write(journal, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    finally:
        os.close(journal)
