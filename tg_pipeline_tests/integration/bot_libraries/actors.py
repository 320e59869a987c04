"""A bot and `tg-pipeline serve` in front of it: processes that are killed and started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tg_pipeline_tests.fakes.ports import free_port
from tg_pipeline_tests.fakes.processes.webhook_process import Serving, close, start

BOT_PATH = "/hook/7:of-a-test-bot"
"""Many bots have their token in it."""

GRAMMY = "grammy"

NODE = Path(__file__).parents[3] / ".node-bots"
"""The folder with bot libraries of Node, which `make slow` installs."""

BOT_SECRET = "s3cret-of-the-bot"  # noqa: S105 - used by the tests only


@dataclass
class BotProcess:
    """A bot written with a library, in its own process."""

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
        quiet = {"PYTHONWARNINGS": "ignore"}  # aiogram warns about unknown updates
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
class PollingBot:
    """A bot written with a library, which polls."""

    library: str
    settings: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it polls, or is about to."""
        own = {"BOT_POLLS": "yes", "BOT_MODULES": str(NODE), "PYTHONWARNINGS": "ignore"}
        here = Path(__file__).parent
        is_node = self.library == GRAMMY
        program = here / (f"{self.library}_bot.mjs" if is_node else f"{self.library}_bot.py")
        self.process = subprocess.Popen(
            ["node" if is_node else sys.executable, str(program)],
            env=os.environ | self.settings | own,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == b"listening\n"

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.communicate()


@dataclass
class WebhookProcess:
    """`tg-pipeline serve`; each start has its own folder with its log."""

    folder: Path
    settings: Mapping[str, str]
    port: int = field(default_factory=free_port)
    starts: list[Serving] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/telegram"

    def start(self) -> None:
        """Return when it listens."""
        folder = self.folder / f"start-{len(self.starts)}"
        folder.mkdir(parents=True)
        self.starts.append(
            start(folder, "--port", str(self.port), prefix=(), log=None, **self.settings)
        )

    def kill(self) -> None:
        for each in self.starts[-1:]:
            close(each)

    def log(self) -> str:
        """Return what it printed, since its first start."""
        return "".join(each.log.read_text() for each in self.starts)
