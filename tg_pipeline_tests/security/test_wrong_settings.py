"""A setting that is wrong is named, and not shown: it may be a secret with a slip in it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.security.conftest import said_by
from tg_pipeline_tests.security.known import FOR_BOT, FOR_DOOR, HALF, IN_PATH, PASSWORD, TOKEN
from tg_pipeline_tests.security.search import Text, files_below, secrets_in

CHECKOUT: Final = Path(__file__).parents[2]

WRONG: Final = {
    "half a token": {"TELEGRAM_BOT_TOKEN": HALF},
    "a token with a name before": {"TELEGRAM_BOT_TOKEN": f"bot{TOKEN}"},
    "a token for an id": {"TELEGRAM_BOT_TOKEN": "", "TELEGRAM_BOT_ID": TOKEN},
    "a secret with a blank": {"TELEGRAM_SECRET_TOKEN": f"{FOR_DOOR} "},
    "a bot's secret with a mark": {"FORWARD_SECRET_TOKEN": f"{FOR_BOT}!"},
    "a bot at no address": {"FORWARD_URL": f"127.0.0.1:9/{IN_PATH}"},
    "a bot at a port too high": {"FORWARD_URL": f"http://127.0.0.1:99999/{IN_PATH}"},
    "a bot at half an address": {"FORWARD_URL": f"http://[::1/{IN_PATH}"},
    "a path that is none": {"TG_WEBHOOK_PATH": IN_PATH},
    "a Bot API at no address": {"TELEGRAM_API_URL": f"operator:{PASSWORD}@127.0.0.1"},
}


@pytest.mark.usefixtures("telegram")
@pytest.mark.parametrize("wrong", WRONG)
def test_a_setting_that_is_wrong_is_named_and_not_shown(house: Shell, wrong: str) -> None:
    said = said_by(house, "serve --port 0", **WRONG[wrong])

    assert said.content.startswith(b"tg-pipeline: T") or said.content.startswith(b"tg-pipeline: F")
    assert secrets_in([said]) == []


@pytest.mark.usefixtures("telegram")
def test_dagster_shows_no_secret_of_a_project_that_it_can_not_load(house: Shell) -> None:
    environment = os.environ | WRONG["half a token"] | {"DAGSTER_HOME": str(house.folder)}

    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate"],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        check=False,
    )

    assert done.returncode != 0
    assert b"TELEGRAM_BOT_TOKEN is not of the form" in done.stdout + done.stderr
    said = Text("dagster", done.stdout + done.stderr)
    assert secrets_in([said, *files_below(house.folder)]) == []
