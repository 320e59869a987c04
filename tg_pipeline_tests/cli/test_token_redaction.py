"""Whatever a command does, and whatever it logs, the secret half of the token is never shown."""

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tg_pipeline.cli.main import cli
from tg_pipeline_tests.cli.ingestion.bot_commands import BotCommands
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

SECRET_HALF = "AAH-not_a_real_token-but_as_long_1"  # noqa: S105 - it opens nothing
TOKEN = f"7000000007:{SECRET_HALF}"

WEBHOOK_WITH_TOKEN = f"http://127.0.0.1:9/{TOKEN}/telegram"
"""Many bots have the token in the path of their webhook."""

COMMANDS = {
    "bot": ("bot",),
    "poll": ("poll", "--once"),
    "webhook info as JSON": ("webhook", "info", "--json"),
    "webhook set": ("webhook", "set", WEBHOOK_WITH_TOKEN, "--replace"),
    "webhook set without --replace": ("webhook", "set", "http://127.0.0.1:9/telegram"),
    "webhook delete": ("webhook", "delete"),
}

# `telegram/test_client.py` checks all failures of a call; here are those that quote the token.
FAULTS: dict[str, Callable[[TelegramServer], object]] = {
    "none": lambda _: None,
    "a webhook with the token": lambda telegram: telegram.set_webhook(WEBHOOK_WITH_TOKEN),
    "a description with the token": lambda telegram: telegram.fail(
        400, description=f"Bad Request: {WEBHOOK_WITH_TOKEN} {TOKEN}"
    ),
    "a page with the token": lambda telegram: telegram.answer_with(TOKEN.encode()),
}


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramServer]:
    with TelegramServer(token=TOKEN) as server:
        monkeypatch.setenv("TELEGRAM_API_URL", server.url)
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
        monkeypatch.setenv("TELEGRAM_SECRET_TOKEN", "a-secret-of-16-up")
        yield server


def everything(commands: BotCommands, log: pytest.LogCaptureFixture, *arguments: str) -> str:
    log.set_level(logging.DEBUG)
    done = commands.run(*arguments)
    records = [f"{record.getMessage()} {record.__dict__}" for record in log.records]
    raised = traceback.format_exception(raised_by(*arguments))
    commands.capsys.readouterr()
    return "\n".join([done.out, done.err, log.text, *records, *raised, *files_in(commands.folder)])


def raised_by(*arguments: str) -> BaseException | None:
    """Return the exception, which `app` would turn into a line."""
    try:
        cli(arguments, standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - all of them are searched
        return error
    return None


def files_in(folder: Path) -> list[str]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return [f"{path} {path.read_bytes()!r}" for path in paths]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_shows_the_token_whatever_telegram_answers(
    bot_commands: BotCommands, caplog: pytest.LogCaptureFixture, command: str, fault: str
) -> None:
    bot_commands.telegram.user_sends(5, "olá")
    for _ in range(2):
        FAULTS[fault](bot_commands.telegram)

    shown = everything(bot_commands, caplog, *COMMANDS[command])

    assert "urllib3.connectionpool" in shown, "the calls are logged, which is the danger"
    assert SECRET_HALF not in shown
