"""No command prints a secret, whether it succeeds or fails."""

import json
from typing import Final

import pytest

from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.security.conftest import output_of
from tg_pipeline_tests.security.known import IN_PATH, PASSWORD, TOKEN
from tg_pipeline_tests.security.search import files_below, secrets_in

pytestmark = pytest.mark.slow

WEBHOOK: Final = f"http://127.0.0.1:9/{IN_PATH}/telegram"
COMMANDS: Final = (
    "sample --days 1 --per-day 20",
    "land updates.json",
    "land nothing.json",
    "run",
    "run --date 1999-01-01",
    "status",
    "summary",
    "bot",
    f"webhook set {WEBHOOK}",
    f"webhook set {WEBHOOK}/elsewhere",
    "webhook info --json",
    "poll --once",
    "webhook delete",
    "poll --once",
    "digest --period day --date 2026-10-01",
    "digest --dry-run --period day --date 2026-10-01",
)
CALLING: Final = ("bot", f"webhook set {WEBHOOK} --replace", "webhook info", "poll --once")


def test_no_command_prints_or_stores_a_secret(house: Shell, telegram: TelegramServer) -> None:
    (house.folder / "updates.json").write_text(json.dumps({"update_id": 5, "message": {}}))
    telegram.user_sends(5, "hello")

    said = [output_of(house, command) for command in COMMANDS]

    assert secrets_in([*said, *files_below(house.folder)]) == []
    assert telegram.pending == []


@pytest.mark.parametrize("trouble", ["401", "500", "a closed port"])
def test_errors_of_the_bot_api_show_no_secret(
    house: Shell, telegram: TelegramServer, trouble: str
) -> None:
    closed = {"TELEGRAM_API_URL": f"http://operator:{PASSWORD}@127.0.0.1:9"}
    if trouble != "a closed port":
        telegram.fail(int(trouble), times=50, description=f"{trouble}: {WEBHOOK} {TOKEN}")
        closed = {}

    said = [output_of(house, command, **closed) for command in CALLING]

    assert all(b"tg-pipeline: " in each.content for each in said)
    assert secrets_in([*said, *files_below(house.folder)]) == []
