"""The Lambda's own module: one door a container, opened by the container's environment."""

import importlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from lambda_ingest.settings import SettingsError
from lambda_ingest.store import open_store
from tg_pipeline_tests.lambda_ingest.conftest import stored, update
from tg_pipeline_tests.lambda_ingest.events import SECRET, http_event

NAME = "lambda_ingest.handler"


@dataclass(frozen=True)
class Context:
    milliseconds: int = 30_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.setenv("TG_LANDING_URI", tmp_path.as_uri())
    monkeypatch.setenv("TELEGRAM_SECRET_TOKEN", SECRET)
    monkeypatch.setenv("TELEGRAM_BOT_ID", "7")
    return monkeypatch


def start(environment: pytest.MonkeyPatch) -> ModuleType:
    """Import the module as a new container does."""
    environment.delitem(sys.modules, NAME, raising=False)
    return importlib.import_module(NAME)


def test_a_container_lands_what_its_environment_says(
    environment: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = start(environment)

    answer = handler.lambda_handler(http_event(update(5, "poll")), Context())

    assert answer["statusCode"] == 200
    assert list(stored(open_store(tmp_path.as_uri())).values()) == [update(5, "poll")]
    (line,) = capsys.readouterr().out.splitlines()
    assert (json.loads(line)["landed"], json.loads(line)["bot_id"]) == (1, "7")


@pytest.mark.parametrize("milliseconds", [30_000, 2_000, 1, 0])
def test_what_can_be_landed_lands_however_little_time_is_left(
    environment: pytest.MonkeyPatch, milliseconds: int
) -> None:
    handler = start(environment)

    answer = handler.lambda_handler(http_event(update(5)), Context(milliseconds))

    assert answer["statusCode"] == 200


def test_a_container_of_a_wrong_environment_does_not_start(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("TELEGRAM_SECRET_TOKEN")

    with pytest.raises(SettingsError, match="TELEGRAM_SECRET_TOKEN is not set"):
        start(environment)
