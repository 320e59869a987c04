"""A bot and the door in front of it: processes that are killed, and come back where they were."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tg_pipeline_tests.peers.ports import free_port
from tg_pipeline_tests.serve.conftest import Serving, close, start

BOT_PATH = "/hook/7:of-a-test-bot"
"""Many bots put their token there."""

BOT_SECRET = "s3cret-of-the-bot"  # noqa: S105 - it opens nothing


@dataclass
class BotProcess:
    """A bot that runs by itself, written with a library."""

    library: str
    settings: Mapping[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{BOT_PATH}"

    def start(self) -> None:
        """Return when it listens."""
        own = {"BOT_PORT": str(self.port), "BOT_PATH": BOT_PATH, "BOT_SECRET": BOT_SECRET}
        quiet = {"PYTHONWARNINGS": "ignore"}  # aiogram warns of updates that it does not know
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name(f"{self.library}_bot.py"))],
            env=os.environ | self.settings | own | quiet,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == b"listening\n"

    def send(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.communicate()


@dataclass
class DoorProcess:
    """`tg-pipeline serve`; each life of it has a folder, in which its journal is kept."""

    folder: Path
    settings: Mapping[str, str]
    port: int = field(default_factory=free_port)
    lives: list[Serving] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/telegram"

    def start(self) -> None:
        """Return when it listens."""
        folder = self.folder / f"life-{len(self.lives)}"
        folder.mkdir(parents=True)
        self.lives.append(start(folder, "--port", str(self.port), **self.settings))

    def kill(self) -> None:
        for life in self.lives[-1:]:
            close(life)

    def journal(self) -> str:
        """Give what it printed, in all its lives."""
        return "".join(life.journal.read_text() for life in self.lives)
