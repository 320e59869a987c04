"""The process that a run of the command line lives in, and whether that process still lives.

Dagster watches the runs that it has launched. A run that a command makes in its own process is
nobody's: killed, it would be under way for ever, and what waits for it would wait as long.
"""

import fcntl
import hmac
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from uuid import uuid4

PROCESS_TAG: Final = "tg_pipeline/process"
"""The tag that names a run and its process: machine, number, and the file that it holds locked."""

MACHINE_ID: Final = Path("/etc/machine-id")
"""Two machines of one name have two of these: https://man7.org/linux/man-pages/man5/machine-id.5"""

APPLICATION: Final = b"tg_pipeline"
"""That number is confidential: what is shown of it is a digest of our own, as its manual asks."""

DIGITS: Final = 16
"""As many of the digest's as tell any two machines apart."""


@dataclass(frozen=True, slots=True)
class RunProcess:
    """A process of some machine."""

    machine: str
    pid: int
    lock: Path
    """Locked while the process lives: the kernel lets go of it, however the process ends."""

    @classmethod
    def of(cls, run_id: str, tags: Mapping[str, str]) -> Self | None:
        """Give the process that a run's own tag names; None for a run that Dagster has launched.

        Re-execute in Dagster's UI copies the tags of the parent: that one's names another run.
        """
        own_id, _, process = tags.get(PROCESS_TAG, "").partition("|")
        if own_id != run_id:
            return None
        machine, pid, lock = process.split("|", 2)
        return cls(machine, int(pid), Path(lock))

    def tags(self, run_id: str) -> dict[str, str]:
        """Give the tag of a run of it."""
        return {PROCESS_TAG: f"{run_id}|{self.machine}|{self.pid}|{self.lock}"}

    @property
    def is_here(self) -> bool:
        """Say whether it is a process of this machine; of another's nothing can be told."""
        return self.machine == this_machine()

    @property
    def has_ended(self) -> bool:
        """Say whether it is known to have ended."""
        return self.is_here and not _is_locked(self.lock)


@contextmanager
def this_process(folder: Path) -> Iterator[RunProcess]:
    """Give this process, known to live until the block ends; what says so is a file in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder.absolute() / f"{os.getpid()}-{uuid4().hex}"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield RunProcess(this_machine(), os.getpid(), lock)
        finally:
            lock.unlink()


def this_machine() -> str:
    """Give what tells this machine, or this container, from others."""
    number = MACHINE_ID.read_bytes().strip() if MACHINE_ID.exists() else b""
    shown = hmac.digest(number, APPLICATION, "sha256").hex()[:DIGITS] if number else ""
    return f"{socket.gethostname()} {shown}".strip()


def _is_locked(lock: Path) -> bool:
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    lock.unlink(missing_ok=True)
    return False
