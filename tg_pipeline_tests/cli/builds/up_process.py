"""`tg-pipeline up` in its own Dagster home, and all processes that it starts."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests

from tg_pipeline_tests.cli.conftest import COMMAND, Shell
from tg_pipeline_tests.fakes.ports import free_port

TIMEOUT: Final = 300
"""Seconds after which a test that waits fails."""


@dataclass(frozen=True)
class Up:
    process: subprocess.Popen[bytes]
    shell: Shell
    url: str
    output: Path
    """The output of all its processes."""

    def is_ui_up(self) -> bool:
        try:
            return requests.get(f"{self.url}/server_info", timeout=5).ok
        except requests.RequestException:
            return False

    def ask(self, query: str, operation: str | None = None, **variables: Any) -> str:
        body = {"query": query, "operationName": operation, "variables": variables}
        return requests.post(f"{self.url}/graphql", json=body, timeout=60).text

    def said(self) -> str:
        return self.output.read_text()

    def living(self) -> dict[int, str]:
        """Return the commands of all processes that have this home, `up` among them, by pid."""
        return dict(_processes(self.shell.folder))

    def wait_until(self, holds: Callable[[], object], what: str) -> None:
        _wait_until(lambda: self.process.poll() is not None or holds(), lambda: (what, self.said()))
        assert self.process.poll() is None, f"it ended before {what}: {self.said()}"

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT)

    def wait_until_alone(self) -> None:
        _wait_until(lambda: not self.living(), self.living)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pid in self.living():
            os.kill(pid, signal.SIGKILL)


def start_up(shell: Shell, **settings: str) -> Up:
    port, output = free_port(), shell.folder / "output"
    with output.open("wb") as written:
        process = subprocess.Popen(
            [COMMAND, "up", "--port", str(port)],
            env=shell._environment() | settings,  # noqa: SLF001
            cwd=shell.folder,
            stdout=written,
            stderr=written,
        )
    return Up(process, shell, f"http://127.0.0.1:{port}", output)


def _wait_until(holds: Callable[[], object], state: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not holds():
        assert time.monotonic() < deadline, state()
        time.sleep(0.1)


def _processes(home: Path) -> Iterator[tuple[int, str]]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended since
            environment = (process / "environ").read_bytes().split(b"\0")
            if f"DAGSTER_HOME={home}".encode() in environment:
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                yield int(process.name), command
