"""`tg-pipeline up`: Dagster's UI, and the poller beside it where there is a bot to listen to."""

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
from tg_pipeline.exceptions import CommandError
from tg_pipeline.settings import home_folder, load_settings

HOST: Final = "127.0.0.1"

STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""A closed terminal stops it as well: what it starts is not of that terminal."""

SECONDS_TO_STOP: Final = 20
"""For what is under way; then it is ended without being asked."""

SECONDS_TO_NEXT_POLLER: Final = 300
"""What ends a poller lasts: a webhook, a token that is gone. Telegram keeps updates for a day."""

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Where the UI listens.")]
Process = subprocess.Popen[bytes]


def up(port: Port = 3000) -> None:
    """Start Dagster's UI until Ctrl-C, and with TELEGRAM_BOT_TOKEN set listen to that bot."""
    is_listening = load_settings().token is not None
    _check_is_free(port)
    with _stopped_together() as running:
        err.print(f"Dagster's UI: http://{HOST}:{port} (stop it with Ctrl-C)")
        if is_listening:
            threading.Thread(target=listen, args=(running,), daemon=True).start()
            err.print("See what comes in: tg-pipeline run --date today && tg-pipeline summary")
        code = running.start(sys.executable, "-m", "dagster", *_dev_options(port)).wait()
        if not running.stopping.is_set():
            raise typer.Exit(code)


def listen(running: "Running") -> None:
    """Poll, and begin again in a while when that ends: nobody may be there to do so."""
    while not running.stopping.is_set():
        running.start(sys.executable, "-m", "tg_pipeline", "poll").wait()
        if not running.stopping.is_set():
            again = f"It starts again in {SECONDS_TO_NEXT_POLLER // 60} minutes."
            err.print(f"The poller has ended: nothing is fetched. {again}")
            running.stopping.wait(SECONDS_TO_NEXT_POLLER)


def _check_is_free(port: int) -> None:
    """Raise where something listens there: Dagster goes on without its UI else."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error
        raise CommandError(f"{HOST}:{port} can't be listened at: {why}. Try --port.") from None


class Running:
    """Processes, each in a session of its own, so that a Ctrl-C comes to it once, from here."""

    def __init__(self) -> None:
        """Begin with none."""
        self._processes: list[Process] = []
        self.stopping = threading.Event()

    def start(self, *command: str) -> Process:
        """Start one more."""
        environment = os.environ | {"PYTHONWARNINGS": "ignore"}
        process = subprocess.Popen(  # noqa: S603 - the commands are our own
            command, cwd=home_folder(), env=environment, start_new_session=True
        )
        self._processes.append(process)
        if self.stopping.is_set():
            self._send(signal.SIGINT)  # the signal came before this one was in the list
        return process

    def stop(self, *_: object) -> None:
        """Ask all to stop, whenever a signal calls for it; what hangs is ended in a while."""
        self.stopping.set()
        signal.alarm(SECONDS_TO_STOP)
        self._send(signal.SIGINT)

    def end(self, *_: object) -> None:
        """End all, without asking."""
        self._send(signal.SIGKILL)

    def wait(self) -> None:
        """Wait for all, and stop what they leave behind: Dagster does where its start is cut."""
        for process in self._processes:
            process.wait()
            _send(process, signal.SIGTERM)

    def _send(self, number: signal.Signals) -> None:
        for process in self._processes:
            if process.poll() is None:
                _send(process, number)


def _send(process: Process, number: signal.Signals) -> None:
    """Send a signal to a process and all it has started, as a terminal does."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


@contextmanager
def _stopped_together() -> Iterator[Running]:
    """Give a way to start processes that SIGINT and SIGTERM stop, and that end with the block."""
    running = Running()
    signal.signal(signal.SIGALRM, running.end)
    for each in STOPS:
        signal.signal(each, running.stop)
    try:
        yield running
    finally:
        if not running.stopping.is_set():
            running.stop()
        running.wait()


def _dev_options(port: int) -> list[str]:
    return ["dev", "--host", HOST, "--port", str(port), "--log-level", "warning"]
