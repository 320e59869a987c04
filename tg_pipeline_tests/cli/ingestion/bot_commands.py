"""The commands that call Telegram, run in this process against the fake Bot API."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tg_pipeline.cli.main import app
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class BotCommands:
    telegram: TelegramServer
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str, settings: Mapping[str, str] | None = None) -> Done:
        """Run a command; the settings stay set, and an empty one counts as unset."""
        for name, value in (settings or {}).items():
            self.monkeypatch.setenv(name, value)
        self.monkeypatch.setattr(sys, "argv", ["tg-pipeline", *arguments])
        with pytest.raises(SystemExit) as ended:
            app()
        said = self.capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    def fails(self, *arguments: str, settings: Mapping[str, str] | None = None) -> str:
        """Run a command that fails; return its error, which must be one line."""
        done = self.run(*arguments, settings=settings)
        assert done.code == 1, done
        assert done.err.startswith("tg-pipeline: "), done
        assert done.err.count("\n") == 1, done
        return done.err

    def landed(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.glob("landing/*/*/*.json")}
