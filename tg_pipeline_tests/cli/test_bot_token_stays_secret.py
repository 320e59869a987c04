"""Whatever a command does, and at whatever level it logs, the token's secret half shows nowhere."""

import logging
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tg_pipeline.cli.main import cli
from tg_pipeline_tests.cli.bot_commands import BotCommands
from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

HALF = "AAH-not_a_real_token-but_as_long_1"
TOKEN = f"7000000007:{HALF}"

WITH_TOKEN = f"http://127.0.0.1:9/{TOKEN}/telegram"
"""A webhook of a kind that many bots have."""

COMMANDS = {
    "bot": ("bot",),
    "poll": ("poll", "--once"),
    "webhook info": ("webhook", "info"),
    "webhook info as JSON": ("webhook", "info", "--json"),
    "webhook set": ("webhook", "set", WITH_TOKEN, "--replace"),
    "webhook set, refused": ("webhook", "set", "http://127.0.0.1:9/telegram"),
    "webhook delete": ("webhook", "delete"),
}

TROUBLES: dict[str, Callable[[TelegramServer], object]] = {
    "nothing": lambda _: None,
    "a webhook": lambda telegram: telegram.set_webhook(WITH_TOKEN),
    "400": lambda telegram: telegram.fail(400, description=f"Bad Request: {WITH_TOKEN} {TOKEN}"),
    "401": lambda telegram: telegram.fail(401),
    "404": lambda telegram: telegram.fail(404),
    "409": lambda telegram: telegram.fail(409, description="Conflict: terminated by other getU"),
    "429": lambda telegram: telegram.flood(100),
    "500": lambda telegram: telegram.fail(500),
    "no JSON": lambda telegram: telegram.answer_with(TOKEN.encode()),
    "a redirect": lambda telegram: telegram.answer_with(b"", 302),
    "a hang-up": lambda telegram: telegram.hang_up(),
}

PLACES = {
    "a closed port": {"TELEGRAM_API_URL": "http://127.0.0.1:9"},
    "no such host": {"TELEGRAM_API_URL": "https://no-such-host.invalid"},
    "no address": {"TELEGRAM_API_URL": "http://a..b"},
    "a proxy that is down": {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""},
    "a token with a line break": {"TELEGRAM_BOT_TOKEN": f"{TOKEN}\n"},
    "half a token": {"TELEGRAM_BOT_TOKEN": HALF},
}


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramServer]:
    with TelegramServer(token=TOKEN) as server:
        monkeypatch.setenv("TELEGRAM_API_URL", server.url)
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
        monkeypatch.setenv("TELEGRAM_SECRET_TOKEN", "a-secret")
        yield server


def everything(commands: BotCommands, log: pytest.LogCaptureFixture, *arguments: str) -> str:
    """Run a command; give all that it says, logs, raises and leaves behind."""
    log.set_level(logging.DEBUG)
    done = commands.run(*arguments)
    records = [f"{record.getMessage()} {record.__dict__}" for record in log.records]
    raised = traceback.format_exception(raised_by(*arguments))
    commands.capsys.readouterr()
    return "\n".join([done.out, done.err, log.text, *records, *raised, *left_in(commands.folder)])


def raised_by(*arguments: str) -> BaseException | None:
    """Give the exception itself, which `app` turns into a line."""
    try:
        cli(arguments, standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is to be looked at
        return error
    return None


def left_in(folder: Path) -> list[str]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return [f"{path} {path.read_bytes()!r}" for path in paths]


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_trouble_brings_the_token_to_light(
    bot_commands: BotCommands, caplog: pytest.LogCaptureFixture, command: str, trouble: str
) -> None:
    bot_commands.telegram.user_sends(5, "olá")
    for _ in range(2):
        TROUBLES[trouble](bot_commands.telegram)

    said = everything(bot_commands, caplog, *COMMANDS[command])

    assert "urllib3.connectionpool" in said, "the calls are logged, which is the danger"
    assert HALF not in said


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_place_brings_the_token_to_light(
    bot_commands: BotCommands,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    place: str,
) -> None:
    for name, value in PLACES[place].items():
        monkeypatch.setenv(name, value)

    assert HALF not in everything(bot_commands, caplog, *COMMANDS[command])


def test_a_poller_that_logs_everything_shows_no_token(
    shell: Shell, telegram: TelegramServer
) -> None:
    # Given a poller with all logs on standard error, and calls that fail
    program = (
        "import logging; logging.basicConfig(level=logging.DEBUG); "
        "from tg_pipeline.cli.main import app; app()"
    )
    telegram.user_sends(5, "olá")
    telegram.hang_up()
    with subprocess.Popen(
        [sys.executable, "-c", program, "poll"],
        env=os.environ | {"TG_LANDING_URI": shell.landing.as_uri()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        telegram.wait_until_delivered(timeout=30)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)

    # Then the calls are in the log, and the token is not
    assert process.returncode == 0
    assert "/bot***/getUpdates" in err.decode()
    assert HALF not in out.decode() + err.decode() + "\n".join(left_in(shell.folder))
