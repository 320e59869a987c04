"""A process of the deployment, which a test kills with its children, as a container is killed."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 500
"""Seconds, for conditions that might never hold."""


@dataclass
class Component:
    """A command with its folder and environment, and its process."""

    name: str
    command: list[str]
    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                start_new_session=True,
                stdout=log,
                stderr=log,
            )

    def run(self) -> int:
        """Run it to its end, and return its exit code."""
        self.start()
        assert self.process
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End it and its children with SIGKILL, as `docker kill` does."""
        if self.process and self.process.poll() is None:
            groups = {os.getpgid(each) for each in _family(self.process.pid)}
            for group in groups:
                os.killpg(group, signal.SIGKILL)
            self.process.wait()

    def runs(self) -> list[int]:
        """Return the processes of the runs that this code server has started."""
        assert self.process
        return [
            child
            for child in _children(self.process.pid)
            if b"spawn_main" in _bytes(Path("/proc", str(child), "cmdline"))
        ]

    def said(self) -> str:
        return self.log.read_text()[-4000:]

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"


def wait_until(holds: Callable[[], object], what: str, *components: Component) -> None:
    """Wait for a condition while the components run."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        ended = [each.name for each in components if each.process and each.process.poll()]
        if ended or time.monotonic() > deadline:
            said = "\n".join(f"--- {each.name}\n{each.said()}" for each in components)
            raise AssertionError(f"{ended} ended, or it took too long until {what}\n{said}")
        time.sleep(0.5)


def _children(pid: int) -> list[int]:
    parent = b"PPid:\t%d\n" % pid
    statuses = Path("/proc").glob("[0-9]*/status")
    return [int(path.parent.name) for path in statuses if parent in _bytes(path)]


def _family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    return [pid, *(each for child in _children(pid) for each in _family(child))]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
