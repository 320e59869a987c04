"""A wrong setting is named but not shown: it may be a secret with a typo."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.security.conftest import output_of
from tg_pipeline_tests.security.known import (
    BOT_SECRET,
    HALF,
    IN_PATH,
    PASSWORD,
    TOKEN,
    WEBHOOK_SECRET,
)
from tg_pipeline_tests.security.search import Text, files_below, secrets_in

CHECKOUT: Final = Path(__file__).parents[2]

WRONG: Final = {
    "half a token": {"TELEGRAM_BOT_TOKEN": HALF},
    "a token with a name before": {"TELEGRAM_BOT_TOKEN": f"bot{TOKEN}"},
    "a token for an id": {"TELEGRAM_BOT_TOKEN": "", "TELEGRAM_BOT_ID": TOKEN},
    "a secret with a blank": {"TELEGRAM_SECRET_TOKEN": f"{WEBHOOK_SECRET} "},
    "a bot's secret with a mark": {"FORWARD_SECRET_TOKEN": f"{BOT_SECRET}!"},
    "a bot at no address": {"FORWARD_URL": f"127.0.0.1:9/{IN_PATH}"},
    "a bot at a port too high": {"FORWARD_URL": f"http://127.0.0.1:99999/{IN_PATH}"},
    "a bot at half an address": {"FORWARD_URL": f"http://[::1/{IN_PATH}"},
    "a path that is none": {"TG_WEBHOOK_PATH": IN_PATH},
    "a Bot API at no address": {"TELEGRAM_API_URL": f"operator:{PASSWORD}@127.0.0.1"},
}


@pytest.mark.usefixtures("telegram")
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_setting_is_named_and_not_shown(house: Shell, wrong: str) -> None:
    said = output_of(house, "serve --port 0", **WRONG[wrong])

    assert said.content.startswith(b"tg-pipeline: T") or said.content.startswith(b"tg-pipeline: F")
    assert secrets_in([said]) == []


@pytest.mark.slow
@pytest.mark.usefixtures("telegram")
def test_dagster_shows_no_secret_if_it_can_t_load_the_project(house: Shell) -> None:
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
