"""Child processes of a command, which end with it: on Ctrl-C, SIGTERM, or if one of them fails."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tg_pipeline.cli.console import is_terminal, relay

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""SIGHUP is sent when the terminal closes, but not to the child processes, which have sessions of
their own."""

STOP_TIMEOUT: Final = 20
"""Seconds that child processes have to finish; then they are killed."""

RELAY_TIMEOUT: Final = 2
"""Seconds for the last lines of a process that has ended; its descendants may keep its output open.
"""

Process = subprocess.Popen[bytes]


class ChildProcesses:
    """Child processes in sessions of their own, so that Ctrl-C reaches each once, through here."""

    def __init__(self, folder: Path) -> None:
        """Start without processes; `folder` is where they run."""
        self._folder = folder
        self._processes: list[Process] = []
        self._relays: list[threading.Thread] = []
        self.stopping = threading.Event()

    def start(self, *command: str, environment: Mapping[str, str] | None = None) -> Process:
        """Start a process, with some more variables in its environment."""
        process = subprocess.Popen(  # noqa: S603 - the commands are our own
            command,
            cwd=self._folder,
            env={**os.environ, "PYTHONWARNINGS": "ignore", **(environment or {})},
            start_new_session=True,
            stdout=subprocess.PIPE if is_terminal(sys.stdout) else None,
            stderr=subprocess.PIPE if is_terminal(sys.stderr) else None,
        )
        self._processes.append(process)
        for output, stream in ((process.stdout, sys.stdout), (process.stderr, sys.stderr)):
            if output:
                thread = threading.Thread(target=relay, args=(output, stream), daemon=True)
                thread.start()
                self._relays.append(thread)
        if self.stopping.is_set():
            self._signal(signal.SIGINT)  # the signal came before this process was in the list
        return process

    def stop(self, *_: object) -> None:
        """Interrupt all processes, and kill them after STOP_TIMEOUT; a signal handler."""
        self.stopping.set()
        signal.alarm(STOP_TIMEOUT)
        self._signal(signal.SIGINT)

    def kill(self, *_: object) -> None:
        """Kill all processes; a signal handler."""
        self._signal(signal.SIGKILL)

    def wait(self) -> None:
        """Wait for all processes, and terminate what they leave if Dagster's start was aborted."""
        for process in self._processes:
            process.wait()
            _signal_group(process, signal.SIGTERM)
        for thread in self._relays:
            thread.join(RELAY_TIMEOUT)

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes:
            if process.poll() is None:
                _signal_group(process, number)


def _signal_group(process: Process, number: signal.Signals) -> None:
    """Send a signal to a process and all its descendants, as a terminal does."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


@contextmanager
def child_processes(folder: Path) -> Iterator[ChildProcesses]:
    """Provide child processes that stop on STOP_SIGNALS and end with the block."""
    children = ChildProcesses(folder)
    signal.signal(signal.SIGALRM, children.kill)
    for number in STOP_SIGNALS:
        signal.signal(number, children.stop)
    try:
        yield children
    finally:
        if not children.stopping.is_set():
            children.stop()
        children.wait()
