"""`tg-pipeline` with settings and a home of its own, in this process or in one of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Final, NamedTuple
from unittest.mock import patch

import pytest

from lambda_ingest.arrivals import JOURNAL_PREFIX
from lambda_ingest.synthetic.gap_markers import GAPS_PREFIX
from tg_pipeline.cli.main import app
from tg_pipeline_tests.cli.ingestion.bot_commands import BotCommands
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

FIRST_DAY: Final = (datetime.now(UTC) - timedelta(days=40)).date()
"""A recent start, so that the days of a test are partitions whenever the tests run."""

COMMAND: Final = str(Path(sys.executable).parent / "tg-pipeline")

IMPATIENT: Final = """
import dagster as dg
patient = dg.RetryPolicy
dg.RetryPolicy = lambda **options: patient(max_retries=options["max_retries"])
from tg_pipeline.cli.main import app
app()
"""
"""The command in a process in which a step of Dagster that fails is retried at once."""

OWN_PROCESS: Final = {"daily", "forget", "run", "up"}
"""Commands that need a process of their own: Dagster's definitions read the settings on import."""


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str

    def error(self) -> str:
        """Return the error of a failed command, which must be one line and the only output."""
        assert (self.returncode, self.stdout) == (1, ""), self
        assert self.stderr.startswith("tg-pipeline: "), self
        assert self.stderr.count("\n") == 1, self
        return self.stderr.removeprefix("tg-pipeline: ").strip()


@dataclass(frozen=True)
class Shell:
    folder: Path

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        settings: dict[str, str] | None = None,
        here: bool | None = None,
    ) -> Done:
        """Run a command, `here` in this process if possible: that saves a second of imports."""
        environment = self._environment() | (settings or {})
        if here is None:
            here = arguments[0] not in OWN_PROCESS and "TG_LOG" not in environment
        if here:
            return self._run_here(arguments, stdin, environment)
        return self._run_process([COMMAND, *arguments], stdin, environment)

    def run_impatiently(self, *arguments: str) -> Done:
        """Run a command whose failing steps are retried without a delay, as many times as ever."""
        command = [sys.executable, "-c", IMPATIENT, *arguments]
        return self._run_process(command, b"", self._environment())

    def _run_process(self, command: list[str], stdin: bytes, environment: dict[str, str]) -> Done:
        done = subprocess.run(
            command,
            input=stdin,
            env=environment,
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def _run_here(
        self, arguments: tuple[str, ...], stdin: bytes, environment: dict[str, str]
    ) -> Done:
        source, out, err = (TextIOWrapper(BytesIO(each), "utf-8") for each in (stdin, b"", b""))
        with (
            chdir(self.folder),
            patch.dict(os.environ, environment, clear=True),
            patch.multiple(sys, argv=[COMMAND, *arguments], stdin=source, stdout=out, stderr=err),
            pytest.raises(SystemExit) as ended,
        ):
            app()
        for text in (out, err):
            text.seek(0)
        return Done(int(ended.value.code or 0), out.read(), err.read())

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
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
            "TELEGRAM_BOT_ID": "7",
            "COLUMNS": "140",
        }

    def landed(self) -> list[str]:
        """Return the keys of the landed objects, without journals and markers of gaps."""
        paths = (path for path in self.landing.rglob("*") if path.is_file())
        keys = (str(path.relative_to(self.landing)) for path in paths)
        return sorted(key for key in keys if not key.startswith((JOURNAL_PREFIX, GAPS_PREFIX)))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return Shell(tmp_path)


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramServer]:
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
