"""`tg-pipeline up` in a home of its own, and all that it has started."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tg_pipeline_tests.cli.conftest import COMMAND, Shell
from tg_pipeline_tests.fakes.ports import free_port

PATIENCE = 300
"""Seconds, for what would else hang."""


@dataclass(frozen=True)
class Up:
    """A running `tg-pipeline up`."""

    process: subprocess.Popen[bytes]
    shell: Shell
    url: str
    output: Path
    """What it and all it has started say."""

    def is_ui_up(self) -> bool:
        try:
            return requests.get(f"{self.url}/server_info", timeout=5).ok
        except requests.RequestException:
            return False

    def ask(self, query: str, **variables: Any) -> str:
        """Ask the UI's GraphQL; give the answer as it is written."""
        asked = {"query": query, "variables": variables}
        return requests.post(f"{self.url}/graphql", json=asked, timeout=60).text

    def said(self) -> str:
        return self.output.read_text()

    def living(self) -> list[str]:
        """Return the commands of all processes that have this home, `up` among them."""
        processes = (path.parent for path in Path("/proc").glob("[0-9]*/environ"))
        return [command for each in processes if (command := _command(each, self.shell.folder))]

    def wait_until(self, holds: Callable[[], object], what: str) -> None:
        """Wait for something, as long as it runs."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert self.process.poll() is None, f"it ended before {what}: {self.said()}"
            assert time.monotonic() < deadline, f"waited too long until {what}: {self.said()}"
            time.sleep(0.1)

    def stop(self, number: signal.Signals) -> int:
        """Send a signal, and give the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def wait_until_alone(self) -> None:
        """Wait until nothing lives that it has started."""
        deadline = time.monotonic() + PATIENCE
        while self.living():
            assert time.monotonic() < deadline, self.living()
            time.sleep(0.1)

    def kill(self) -> None:
        """End it and all it has started, where a test has not."""
        self.process.kill()
        self.process.wait()
        for path in Path("/proc").glob("[0-9]*"):
            if _command(path, self.shell.folder):
                os.kill(int(path.name), signal.SIGKILL)


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


def _command(process: Path, home: Path) -> str:
    """Return a process's command if its Dagster home is this one; it may be gone by now."""
    try:
        environment = (process / "environ").read_bytes().split(b"\0")
        if f"DAGSTER_HOME={home}".encode() not in environment:
            return ""
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
