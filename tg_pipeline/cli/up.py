"""`tg-pipeline up`: Dagster's UI and daemon, and the poller if a bot token is set."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Final

import typer

from tg_pipeline.cli.console import err
from tg_pipeline.cli.context import refuse_sample
from tg_pipeline.exceptions import CommandError
from tg_pipeline.settings import home_folder, load_settings, webserver_file

HOST: Final = "127.0.0.1"

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""SIGHUP is sent when the terminal closes, but not to the child processes, which have sessions of
their own."""

STOP_TIMEOUT: Final = 20
"""Seconds that child processes have to finish; then they are killed."""

POLLER_RESTART_DELAY: Final = 300
"""Seconds. A poller ends for lasting reasons (a webhook, a revoked token), and Telegram keeps
updates for a day."""

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="The UI's port.")]
Process = subprocess.Popen[bytes]


def up(port: Port = 3000) -> None:
    """Start Dagster's UI until Ctrl-C, and poll the bot if TELEGRAM_BOT_TOKEN is set."""
    settings = load_settings()
    has_token = settings.token is not None
    if has_token:
        refuse_sample(settings, settings.bot_id)
    _check_port(port)
    with _child_processes() as children:
        err.print(f"Dagster's UI: http://{HOST}:{port} (stop it with Ctrl-C)")
        if has_token:
            threading.Thread(target=poll, args=(children,), daemon=True).start()
            err.print(
                "To see incoming updates: tg-pipeline run --date today && tg-pipeline summary"
            )
        webserver_file().write_text(f"http://{HOST}:{port}", "utf-8")
        code = children.start(sys.executable, "-m", "dagster", *_dev_options(port)).wait()
        if not children.stopping.is_set():
            raise typer.Exit(code)


def poll(children: "ChildProcesses") -> None:
    """Run the poller, and restart it after a delay whenever it ends."""
    while not children.stopping.is_set():
        children.start(sys.executable, "-m", "tg_pipeline", "poll").wait()
        if not children.stopping.is_set():
            minutes = POLLER_RESTART_DELAY // 60
            err.print(
                f"The poller ended: no updates are fetched. It restarts in {minutes} minutes."
            )
            children.stopping.wait(POLLER_RESTART_DELAY)


def _check_port(port: int) -> None:
    """Raise CommandError if the port is in use; Dagster would run without its UI."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise CommandError(f"Can't listen on {HOST}:{port}: {reason}. Try --port.") from None


class ChildProcesses:
    """Child processes in sessions of their own, so that Ctrl-C reaches each once, through here."""

    def __init__(self) -> None:
        """Start without processes."""
        self._processes: list[Process] = []
        self.stopping = threading.Event()

    def start(self, *command: str) -> Process:
        """Start a process in the project's home folder."""
        environment = os.environ | {"PYTHONWARNINGS": "ignore"}
        process = subprocess.Popen(  # noqa: S603 - the commands are our own
            command, cwd=home_folder(), env=environment, start_new_session=True
        )
        self._processes.append(process)
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

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes:
            if process.poll() is None:
                _signal_group(process, number)


def _signal_group(process: Process, number: signal.Signals) -> None:
    """Send a signal to a process and all its descendants, as a terminal does."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


@contextmanager
def _child_processes() -> Iterator[ChildProcesses]:
    """Provide child processes that stop on STOP_SIGNALS and end with the block."""
    children = ChildProcesses()
    signal.signal(signal.SIGALRM, children.kill)
    for number in STOP_SIGNALS:
        signal.signal(number, children.stop)
    try:
        yield children
    finally:
        webserver_file().unlink(missing_ok=True)
        if not children.stopping.is_set():
            children.stop()
        children.wait()


def _dev_options(port: int) -> list[str]:
    return ["dev", "--host", HOST, "--port", str(port), "--log-level", "warning"]
