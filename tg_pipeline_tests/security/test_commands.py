"""No command prints a secret, whether it succeeds or fails; a wrong setting is not shown either."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.security import search
from tg_pipeline_tests.security.conftest import output_of
from tg_pipeline_tests.security.search import Text, files_below, secrets_in

WEBHOOK: Final = f"http://127.0.0.1:9/{search.IN_PATH}/telegram"
CHECKOUT: Final = Path(__file__).parents[2]
COMMANDS: Final = (
    "sample --days 1 --per-day 20",
    "land updates.json",
    "run",
    "status",
    "summary",
    "bot",
    f"webhook set {WEBHOOK}",
    f"webhook set {WEBHOOK}/elsewhere",
    "webhook info --json",
    "webhook delete",
    "poll --once",
    "digest --period day --date 2026-10-01",
    "digest --dry-run --period day --date 2026-10-01",
)

WRONG: Final = {
    "half a token": {"TELEGRAM_BOT_TOKEN": search.HALF},
    "a token after a word": {"TELEGRAM_BOT_TOKEN": f"bot{search.TOKEN}"},
    "a token for an id": {"TELEGRAM_BOT_TOKEN": "", "TELEGRAM_BOT_ID": search.TOKEN},
    "a secret with a blank": {"TELEGRAM_SECRET_TOKEN": f"{search.WEBHOOK_SECRET} "},
    "a bot's secret with a mark": {"FORWARD_SECRET_TOKEN": f"{search.BOT_SECRET}!"},
    "a bot without a scheme": {"FORWARD_URL": f"127.0.0.1:9/{search.IN_PATH}"},
    "a bot at a port too high": {"FORWARD_URL": f"http://127.0.0.1:99999/{search.IN_PATH}"},
    "an invalid path": {"TG_WEBHOOK_PATH": search.IN_PATH},
    "a Bot API without a scheme": {"TELEGRAM_API_URL": f"operator:{search.PASSWORD}@127.0.0.1"},
}

pytestmark = pytest.mark.usefixtures("telegram")


@pytest.mark.slow
def test_no_command_prints_or_stores_a_secret(house: Shell, telegram: TelegramServer) -> None:
    (house.folder / "updates.json").write_text(json.dumps({"update_id": 5, "message": {}}))
    telegram.user_sends(5, "hello")

    said = [output_of(house, command) for command in COMMANDS]

    assert secrets_in([*said, *files_below(house.folder)]) == []
    assert telegram.pending == []


@pytest.mark.parametrize("command", ["bot", f"webhook set {WEBHOOK}", "poll --once"])
def test_the_error_of_a_closed_port_shows_no_secret(house: Shell, command: str) -> None:
    closed = f"http://operator:{search.PASSWORD}@127.0.0.1:9"

    said = output_of(house, command, TELEGRAM_API_URL=closed)

    assert b"tg-pipeline: 127.0.0.1:9" in said.content
    assert secrets_in([said, *files_below(house.folder)]) == []


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_setting_is_named_and_not_shown(house: Shell, wrong: str) -> None:
    said = output_of(house, "serve --port 0", **WRONG[wrong])

    assert said.content.startswith(
        (b"tg-pipeline: TELEGRAM_", b"tg-pipeline: TG_", b"tg-pipeline: F")
    )
    assert secrets_in([said]) == []


@pytest.mark.slow
def test_dagster_shows_no_secret_if_it_can_not_load_the_project(house: Shell) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate"],
        cwd=CHECKOUT,
        env=os.environ | WRONG["half a token"] | {"DAGSTER_HOME": str(house.folder)},
        capture_output=True,
        check=False,
    )
    said = Text("dagster", done.stdout + done.stderr)

    assert done.returncode != 0
    assert b"TELEGRAM_BOT_TOKEN is not of the form" in said.content
    assert secrets_in([said, *files_below(house.folder)]) == []
