"""The memory of `up`, `serve`, `poll` or `proxy` while idle: PSS and RSS of each process, on Linux.

python benchmarks/memory.py up
"""

import argparse
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from lib.commands import COMMAND, command_environment
from lib.days import Place
from lib.output import spinner
from lib.processes.bot_api_server import serve_bot_api

START_TIMEOUT: Final = 300.0
"""Seconds within which it answers, on a busy machine."""

COMMANDS: Final = {
    "up": ("up", "--no-poll"),
    "serve": ("serve",),
    "poll": ("poll",),
    "proxy": ("proxy",),
}

BOT: Final = {"TELEGRAM_BOT_TOKEN": "7:of-a-test-bot", "TELEGRAM_SECRET_TOKEN": "s" * 32}
"""They open nothing."""

KIB_PER_MIB: Final = 1024

NAME_LENGTH: Final = 60
"""Characters of a command that are printed."""

_FIELD: Final = re.compile(r"^(Pss|Rss):\s+(\d+) kB$", re.MULTILINE)
"""Of /proc/<pid>/smaps_rollup: https://docs.kernel.org/filesystems/proc.html"""


@dataclass(frozen=True, slots=True)
class ProcessMemory:
    """The memory of a process in KiB."""

    command: str
    pss: int
    """With its share of what it has in common with other processes."""

    rss: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="memory", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--minutes", type=float, default=3, help="idle before it is measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serve_bot_api() as api_url, spinner() as announce:
        announce("starting")
        with _running(options.command, Place(Path(folder)), api_url) as pid:
            announce(f"idle for {options.minutes:g} minutes")
            time.sleep(options.minutes * 60)
            found = [_memory(each) for each in _descendants(pid)]
    for each in found:
        print(_line(each.pss, each.rss, each.command))
    print(_line(sum(each.pss for each in found), sum(each.rss for each in found), "all"))


def _line(pss: int, rss: int, name: str) -> str:
    return f"{pss / KIB_PER_MIB:6.0f} MiB PSS {rss / KIB_PER_MIB:6.0f} MiB RSS  {name}"


@contextmanager
def _running(command: str, place: Place, api_url: str) -> Iterator[int]:
    """Run a command on an empty landing zone during the block; yield its process id."""
    port = _free_port()
    has_port = command != "poll"
    log = place.folder / "log"
    settings = {"TELEGRAM_API_URL": api_url, "TG_PROXY_SPOOL": str(place.folder / "spool")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [COMMAND, *COMMANDS[command], *(["--port", str(port)] if has_port else [])],
            env=command_environment(place, BOT | settings),
            cwd=place.folder,
            stdout=output,
            stderr=output,
        )
    try:
        if has_port:
            _wait_until_it_answers(process, f"http://127.0.0.1:{port}/healthz", log)
        yield process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        with suppress(URLError), urlopen(url, timeout=5):  # noqa: S310 - our own URL
            return
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"It does not answer: {log.read_text('utf-8')}")
        time.sleep(1)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _descendants(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _descendants(int(child))


def _memory(pid: int) -> ProcessMemory:
    process = Path(f"/proc/{pid}")
    words = process.joinpath("cmdline").read_text().split("\0")
    fields = dict(_FIELD.findall(process.joinpath("smaps_rollup").read_text()))
    command = " ".join(Path(word).name for word in words)
    return ProcessMemory(command[:NAME_LENGTH], int(fields["Pss"]), int(fields["Rss"]))


if __name__ == "__main__":
    main()
