"""A project with secrets in its settings, and a Bot API that accepts them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.fakes.clock import zone_at_noon
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.security.search import TOKEN, Text, secret_settings

CONFIGURATION = """
telemetry: {enabled: false}
nux: {enabled: false}
python_logs: {managed_python_loggers: [tg_pipeline, root], python_log_level: DEBUG}
"""
"""Everything that is logged goes to a run's log."""


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramServer]:
    with TelegramServer(TOKEN) as server:
        for name, value in secret_settings(server.url).items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("TG_TIMEZONE", zone_at_noon())
    (tmp_path / "dagster.yaml").write_text(CONFIGURATION)
    return Shell(tmp_path)


def output_of(house: Shell, command: str, **settings: str) -> Text:
    done = house.run(*command.split(), settings=settings)
    assert done.stdout + done.stderr, command
    return Text(command, (done.stdout + done.stderr).encode())
