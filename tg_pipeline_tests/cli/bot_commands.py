"""The commands that call Telegram, run in this process against a Bot API on loopback."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tg_pipeline.cli.main import app
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer


@dataclass(frozen=True)
class Done:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class BotCommands:
    """A bot's token and Bot API in the settings, and a landing zone of a test's own."""

    telegram: TelegramServer
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str, settings: Mapping[str, str] | None = None) -> Done:
        """Run a command; its settings stay, and an empty one is as good as none."""
        for name, value in (settings or {}).items():
            self.monkeypatch.setenv(name, value)
        self.monkeypatch.setattr(sys, "argv", ["tg-pipeline", *arguments])
        with pytest.raises(SystemExit) as ended:
            app()
        said = self.capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    def fails(self, *arguments: str, settings: Mapping[str, str] | None = None) -> str:
        """Run what fails; give the one line that it says."""
        done = self.run(*arguments, settings=settings)
        assert done.code == 1, done
        assert done.err.startswith("tg-pipeline: "), done
        assert done.err.count("\n") == 1, done
        return done.err

    def landed(self) -> dict[str, bytes]:
        """Give the landed objects by their names."""
        return {path.name: path.read_bytes() for path in self.folder.glob("landing/*/*/*.json")}
