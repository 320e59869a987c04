"""`tg-pipeline up` serves the UI and polls the bot, and a signal stops all its processes."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tg_pipeline.cli import up as command
from tg_pipeline.cli.child_processes import ChildProcesses, Process
from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.cli.up_process import TIMEOUT, Up, start_up
from tg_pipeline_tests.fakes.ports import free_port
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
def test_with_the_proxy_it_does_not_poll_and_names_the_address_for_the_bot(
    up: Callable[[], Up], telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    # Given the proxy instead of the poller
    port = free_port()
    monkeypatch.setenv("TG_PROXY", "yes")
    monkeypatch.setenv("TG_PROXY_PORT", str(port))
    running = up()
    running.wait_until(lambda: "Press Ctrl-C to stop." in running.said(), "the proxy listens")

    # When a bot polls at the address that was printed
    address = f"http://127.0.0.1:{port}"
    assert f"Set the Bot API address of your bot to {address}" in running.said()
    telegram.user_sends(5, "hello")
    found = requests.get(f"{address}/bot{telegram.token}/getUpdates", timeout=9).json()

    # Then it gets its updates, which have landed, and nobody else polls
    assert len(found["result"]) == 1
    assert [key for key in shell.landed() if key.startswith("telegram/")]
    assert [call.method for call in telegram.calls] == ["getUpdates"]
    assert running.stop(signal.SIGINT) == 0
    running.wait_until_alone()


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


@pytest.mark.parametrize("receiver", [command.POLLER, command.PROXY], ids=["poll", "proxy"])
def test_a_receiver_that_ends_is_restarted_until_all_is_stopped(
    receiver: command.Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given commands that end at once, and a stop while the third runs
    started: list[tuple[str, ...]] = []

    class Short(ChildProcesses):
        def start(self, *words: str) -> Process:
            started.append(words)
            if len(started) == 3:
                self.stopping.set()
            return subprocess.Popen([sys.executable, "-c", ""])

    # When they are kept running
    command.keep_running(Short(Path()), receiver._replace(restart_delay=0))

    # Then each is followed by the next, except the last
    assert [words[-1] for words in started] == [receiver.name] * 3
    assert capsys.readouterr().err.count(receiver.ended) == 2


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
