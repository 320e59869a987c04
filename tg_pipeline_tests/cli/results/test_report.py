"""`tg-pipeline report` writes a page, and fails with one clear line."""

from pathlib import Path

import pytest

from tg_pipeline_tests.cli.ingestion.bot_commands import BotCommands
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.report.built_days import NEXT_DAY, land_two_days

PERIOD = ("--from", str(DAY), "--to", str(NEXT_DAY))


@pytest.fixture
def commands(bot_commands: BotCommands, monkeypatch: pytest.MonkeyPatch) -> BotCommands:
    monkeypatch.setenv("TG_START_DATE", DAY.isoformat())
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(bot_commands.folder)
    return bot_commands


def test_the_command_writes_a_page_and_prints_its_period(commands: BotCommands) -> None:
    land_two_days(Pipeline(commands.folder))

    options = ("--lang", "pt", "--hide-names", "--output", "r.html")
    done = commands.run("report", *PERIOD, *options)

    assert done.code == 0, done.err
    assert done.out.startswith(f"r.html: {DAY} to {NEXT_DAY}, ")
    html = Path("r.html").read_text(encoding="utf-8")
    assert "7\u2009–\u20098 de out. de 2026" in html
    assert "Beatriz" not in html
    assert "Pessoa 1" in html


def test_the_command_writes_an_empty_lake_to_standard_output(commands: BotCommands) -> None:
    done = commands.run("report", "--output", "-")

    assert done.code == 0
    assert done.out.startswith("<!doctype html>")
    assert "No updates yet" in done.out


def test_a_chat_without_updates_is_one_clear_line(commands: BotCommands) -> None:
    land_two_days(Pipeline(commands.folder))

    error = commands.fails("report", "--chat", "-5")

    assert error == "tg-pipeline: The lake has no updates of chat -5.\n"


OUT_OF_RANGE = (
    "{} to {}: a report can cover days from 2013-08-14, the launch of Telegram, to 2099-12-31."
)
ERRORS = {
    "--lang fr": "--lang fr is not supported: use en or pt.",
    "--from 1926-10-07 --to 2026-10-08": OUT_OF_RANGE.format("1926-10-07", "2026-10-08"),
    "--from 2026-10-07 --to 2526-12-31": OUT_OF_RANGE.format("2026-10-07", "2526-12-31"),
}


@pytest.mark.parametrize("options", ERRORS)
def test_invalid_options_are_one_clear_line(commands: BotCommands, options: str) -> None:
    error = commands.fails("report", *options.split())

    assert error == f"tg-pipeline: {ERRORS[options]}\n"
