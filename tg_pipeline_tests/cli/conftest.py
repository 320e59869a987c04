"""`tg-pipeline` as a person runs it: a process with settings and a home of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tg_pipeline_tests.cli.bot_commands import BotCommands
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

FIRST_DAY = (datetime.now(UTC) - timedelta(days=40)).date()
"""A start so recent that the days of a test are partitions, whenever the tests run."""


COMMAND = str(Path(sys.executable).parent / "tg-pipeline")


@dataclass(frozen=True)
class Shell:
    """A folder with a landing zone, a lake and a Dagster home, and a way to run commands on it."""

    folder: Path

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    def run(
        self, *arguments: str, stdin: bytes = b"", settings: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = [COMMAND, *arguments]
        environment = self._environment() | (settings or {})
        done = subprocess.run(
            command, input=stdin, env=environment, cwd=self.folder, capture_output=True, check=False
        )
        return subprocess.CompletedProcess(
            command, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [COMMAND, *arguments],
            env=self._environment(),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "DAGSTER_HOME": str(self.folder),
            "TG_LANDING_URI": self.landing.as_uri(),
            "TG_LAKE_URI": self.lake.as_uri(),
            "TG_START_DATE": FIRST_DAY.isoformat(),
            "COLUMNS": "140",
        }

    def landed(self) -> list[str]:
        """Give the landed objects' keys, ascending."""
        paths = (path for path in self.landing.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.landing)) for path in paths)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return Shell(tmp_path)


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramServer]:
    """Give a Bot API that the settings name, with the token of its bot."""
    with TelegramServer() as server:
        monkeypatch.setenv("TELEGRAM_API_URL", server.url)
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", server.token)
        yield server


@pytest.fixture
def bot_commands(
    telegram: TelegramServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> BotCommands:
    monkeypatch.setenv("TG_LANDING_URI", (tmp_path / "landing").as_uri())
    monkeypatch.setenv("TG_LAKE_URI", (tmp_path / "lake").as_uri())
    return BotCommands(telegram, tmp_path, monkeypatch, capsys)
