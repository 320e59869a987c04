"""`tg-pipeline up` serves the UI and polls the bot, and a signal stops all its processes."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tg_pipeline.cli import up as command
from tg_pipeline.cli.child_processes import ChildProcesses, Process
from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.cli.up_process import TIMEOUT, Up, start_up
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer


@pytest.fixture
def up(shell: Shell) -> Iterator[Callable[[], Up]]:
    started: list[Up] = []

    def begin() -> Up:
        started.append(start_up(shell))
        return started[-1]

    yield begin
    for each in started:
        each.kill()


@pytest.mark.slow
def test_with_a_token_it_serves_the_ui_and_lands_updates(
    up: Callable[[], Up], telegram: TelegramServer, shell: Shell
) -> None:
    # Given a bot, and a user who writes to it
    running = up()
    telegram.user_sends(5, "hello")

    # When the UI is up
    running.wait_until(running.is_ui_up, "the UI is up")
    telegram.wait_until_delivered()

    # Then the message has landed
    updates = [key for key in shell.landed() if key.startswith("telegram/")]
    assert [(shell.landing / key).read_bytes() for key in updates] == [*telegram.sent.values()]
    # And Ctrl-C stops the UI and the poller, which prints its result
    assert running.stop(signal.SIGINT) == 0
    running.wait_until_alone()
    assert "1 landed, 0 were there already." in running.said()


@pytest.mark.slow
def test_a_bot_with_a_webhook_is_reported_and_the_ui_stays(
    up: Callable[[], Up], telegram: TelegramServer
) -> None:
    telegram.set_webhook("http://127.0.0.1:9/telegram")

    running = up()

    running.wait_until(lambda: "A webhook is set for this bot" in running.said(), "it says so")
    running.wait_until(running.is_ui_up, "the UI is up")
    assert running.stop(signal.SIGTERM) == 0
    running.wait_until_alone()


def test_a_poller_that_ends_is_restarted_until_all_is_stopped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given pollers that end at once, and a stop while the third runs
    monkeypatch.setattr(command, "POLLER_RESTART_DELAY", 0.01)
    started: list[tuple[str, ...]] = []

    class Short(ChildProcesses):
        def start(self, *words: str) -> Process:
            started.append(words)
            if len(started) == 3:
                self.stopping.set()
            return subprocess.Popen([sys.executable, "-c", ""])

    # When it polls
    command.keep_polling(Short(Path()))

    # Then each is followed by the next, except the last
    assert [words[-1] for words in started] == ["poll"] * 3
    assert capsys.readouterr().err.count("The poller ended") == 2


@pytest.mark.slow
def test_without_a_token_it_does_not_poll_and_a_stop_also_ends_processes_that_just_started(
    up: Callable[[], Up], telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given no token, and a Dagster that has begun to start its servers
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "")
    running = up()
    running.wait_until(lambda: "code-server" in str(running.living()), "a server is started")
    assert " poll" not in str(running.living())

    # When it is stopped, then no process is left
    assert running.stop(signal.SIGTERM) == 0
    running.wait_until_alone()
    assert telegram.calls == []


@pytest.mark.slow
@pytest.mark.usefixtures("telegram")
def test_a_dagster_that_fails_stops_the_poller_too(up: Callable[[], Up], shell: Shell) -> None:
    (shell.folder / "dagster.yaml").write_text("no_such_setting: 1\n")

    running = up()

    assert running.process.wait(TIMEOUT) != 0
    running.wait_until_alone()
    assert "no_such_setting" in running.said()


def test_a_port_in_use_is_one_clear_line(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        error = shell.run("up", "--port", str(port)).error()

    assert error == f"Can't listen on 127.0.0.1:{port}: Address already in use. Try --port."
