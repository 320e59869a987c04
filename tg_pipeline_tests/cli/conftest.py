"""`tg-pipeline` with settings and a home of its own, in this process or in one of its own."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from unittest.mock import patch

import pytest

from tg_pipeline.cli.main import app
from tg_pipeline_tests.cli.bot_commands import BotCommands
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

FIRST_DAY: Final = (datetime.now(UTC) - timedelta(days=40)).date()
"""A recent start, so that the days of a test are partitions whenever the tests run."""

COMMAND: Final = str(Path(sys.executable).parent / "tg-pipeline")

OWN_PROCESS: Final = {"run", "up"}
"""Commands that need a process of their own: Dagster's definitions read the settings on import."""


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
        """Run a command to its end, in this process if possible: that saves a second of imports."""
        needs_process = arguments[0] in OWN_PROCESS or "TG_LOG" in (settings or {})
        runner = self.run_process if needs_process else self.run_here
        return runner(*arguments, stdin=stdin, settings=settings)

    def run_process(
        self, *arguments: str, stdin: bytes = b"", settings: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own."""
        done = subprocess.run(
            [COMMAND, *arguments],
            input=stdin,
            env=self._environment() | (settings or {}),
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def run_here(
        self, *arguments: str, stdin: bytes = b"", settings: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in this process, as if it were one of its own."""
        command = ["tg-pipeline", *arguments]
        out, err = _text(b""), _text(b"")
        with ExitStack() as stack:
            stack.enter_context(chdir(self.folder))
            stack.enter_context(
                patch.dict(os.environ, self._environment() | (settings or {}), clear=True)
            )
            stack.enter_context(patch.object(sys, "argv", command))
            stack.enter_context(patch.object(sys, "stdin", _text(stdin)))
            stack.enter_context(redirect_stdout(out))
            stack.enter_context(redirect_stderr(err))
            ended = stack.enter_context(pytest.raises(SystemExit))
            app()
        return subprocess.CompletedProcess(
            command, int(ended.value.code or 0), _written(out), _written(err)
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
        """Return the keys of the landed objects, ascending."""
        paths = (path for path in self.landing.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.landing)) for path in paths)


def _text(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", write_through=True)


def _written(text: io.TextIOWrapper) -> str:
    text.seek(0)
    return text.read()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return Shell(tmp_path)


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramServer]:
    """Start a Bot API server, and name it and the token of its bot in the settings."""
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
