"""`tg-pipeline serve` as a person starts it: a process that listens on loopback."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

COMMAND: Final = str(Path(sys.executable).parent / "tg-pipeline")
SECRET: Final = "s3cret-of-the-door"  # noqa: S105 - nothing it opens outlives a test


@dataclass(frozen=True)
class Serving:
    """A door that is open."""

    process: subprocess.Popen[str]
    address: str
    """Its root, such as http://127.0.0.1:40123."""
    landing: Path
    announced: str
    """The first line it says."""
    journal: Path
    """What it prints: a file, since a pipe that nobody reads would hold it up."""

    @property
    def webhook(self) -> str:
        return f"{self.address}/telegram"

    def stored(self, zone: str = "telegram") -> dict[str, bytes]:
        """Give what is stored under a prefix, by file name."""
        paths = (path for path in (self.landing / zone).rglob("*") if path.is_file())
        return {path.name: path.read_bytes() for path in paths}

    def stop(self, with_signal: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Ask it to stop; give its exit code, and what it printed and said."""
        self.process.send_signal(with_signal)
        _, said = self.process.communicate(timeout=70)
        return self.process.returncode, self.journal.read_text(), said


StartServing = Callable[..., Serving]


def start(folder: Path, *options: str, **settings: str) -> Serving:
    landing, journal = folder / "landing", folder / "journal"
    environment = os.environ | {
        "TG_LANDING_URI": landing.as_uri(),
        "TELEGRAM_SECRET_TOKEN": SECRET,
        "TELEGRAM_BOT_ID": "7",
        **settings,
    }
    with journal.open("w") as printed:
        process = subprocess.Popen(
            [COMMAND, "serve", "--port", "0", *options],
            env=environment,
            stdout=printed,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert process.stderr
    said = process.stderr.readline()
    found = re.search(r"(https?://[^/]+)/", said)
    assert found, said + process.stderr.read()
    return Serving(process, found[1], landing, said, journal)


@pytest.fixture
def start_serving(tmp_path: Path) -> Iterator[StartServing]:
    """Give a starter of doors, which are all closed when the test is over."""
    started: list[Serving] = []

    def begin(*options: str, **settings: str) -> Serving:
        started.append(start(tmp_path, *options, **settings))
        return started[-1]

    yield begin
    for each in started:
        close(each)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Give a door that the tests of a module share."""
    opened = start(tmp_path_factory.mktemp("serving"))
    yield opened
    close(opened)


def close(serving: Serving) -> None:
    if serving.process.poll() is None:
        serving.process.kill()
    serving.process.communicate()
