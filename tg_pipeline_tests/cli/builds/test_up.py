"""`tg-pipeline up` serves the UI and polls the bot, and a signal stops all its processes."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
import requests

from tg_pipeline.cli.builds.receivers import (
    POLLER,
    PROXY,
    Obstacle,
    Receiver,
    find_poll_obstacle,
    keep_running,
)
from tg_pipeline.cli.child_processes import ChildProcesses, Process
from tg_pipeline.cli.operation.service_units import MARK
from tg_pipeline.settings import home_folder, load_settings
from tg_pipeline_tests.cli.builds.up_process import TIMEOUT, Up, start_up
from tg_pipeline_tests.cli.conftest import Shell
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
def test_a_bot_with_a_webhook_is_not_polled_and_the_ui_stays(
    up: Callable[[], Up], telegram: TelegramServer
) -> None:
    telegram.set_webhook("http://127.0.0.1:9/telegram")

    running = up()

    running.wait_until(running.is_ui_up, "the UI is up")
    expected = "Updates arrive through a webhook (http://127.0.0.1:9/…), so nothing is polled"
    running.wait_until(lambda: expected in running.said(), "it says so")
    assert {call.method for call in telegram.calls} == {"getWebhookInfo"}
    assert running.stop(signal.SIGTERM) == 0
    running.wait_until_alone()


@pytest.mark.slow
def test_the_poller_starts_without_a_webhook_and_ends_with_one(
    telegram: TelegramServer,
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    # Given a bot with a webhook, and a `up` that looks often
    monkeypatch.setenv("TG_LANDING_URI", shell.landing.as_uri())
    telegram.set_webhook("http://127.0.0.1:9/telegram")
    children = ChildProcesses(shell.folder)
    find = partial(find_poll_obstacle, load_settings(), [])
    thread = threading.Thread(target=keep_running, args=(children, POLLER, find, 0.1))
    thread.start()
    telegram.wait_for_calls("getWebhookInfo", 3)
    assert "getUpdates" not in {call.method for call in telegram.calls}

    # When the webhook is deleted, then the bot is polled
    telegram.set_webhook("")
    telegram.wait_for_calls("getUpdates")

    # And when it is set again, then the poller ends
    looks = [call.method for call in telegram.calls].count("getWebhookInfo")
    telegram.set_webhook("http://127.0.0.1:9/telegram")
    telegram.wait_for_calls("getWebhookInfo", looks + 3)
    children.stopping.set()
    thread.join(TIMEOUT)

    # And each time it says why, once, beside the poller's own message
    said = capfd.readouterr().err
    assert said.count("Updates arrive through a webhook") == 2
    assert said.count("A webhook is set for this bot, so it can't be polled (409)") == 1
    assert POLLER.ended not in said


def test_without_a_network_it_says_once_that_nothing_is_polled_and_keeps_trying(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    # Given a Bot API that can't be reached, and a stop after the third look
    monkeypatch.setenv("TELEGRAM_API_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "7:of-a-test-bot")
    settings, looks = load_settings(), 0
    children = ChildProcesses(shell.folder)

    def find() -> Obstacle | None:
        nonlocal looks
        looks += 1
        if looks == 3:
            children.stopping.set()
        return find_poll_obstacle(settings, [])

    # When it looks
    keep_running(children, POLLER, find, 0)

    # Then
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 1
    assert "did not answer getWebhookInfo: connection refused." in said[0]
    assert said[0].endswith("Polling starts once there is an answer.")


@pytest.mark.parametrize("name", ["serve", "poll", "proxy"])
def test_a_bot_whose_updates_a_service_receives_is_not_polled(
    name: str, telegram: TelegramServer, tmp_path: Path
) -> None:
    settings = load_settings()
    unit = tmp_path / f"tg-pipeline-{name}.service"

    # Given units of this folder, of another folder, and by somebody else
    for home, mark, is_ours in (
        (home_folder(), MARK, True),
        (tmp_path, MARK, False),
        (home_folder(), "# By hand", False),
    ):
        unit.write_text(f"{mark}\n[Service]\nWorkingDirectory={home}\n", "utf-8")
        found = find_poll_obstacle(settings, [tmp_path / "missing", tmp_path])
        # Then the first alone counts, before anything is asked
        assert (found is not None) == is_ours
        if found:
            assert found.sentence.startswith(f"The service tg-pipeline-{name} receives updates")
            assert telegram.calls == []


@pytest.mark.parametrize("receiver", [POLLER, PROXY], ids=["poll", "proxy"])
def test_a_receiver_that_ends_is_restarted_until_all_is_stopped(
    receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given commands that end at once, and a stop while the third runs
    started: list[tuple[str, ...]] = []

    class Short(ChildProcesses):
        def start(self, *words: str, environment: Mapping[str, str] | None = None) -> Process:
            assert environment is None
            started.append(words)
            if len(started) == 3:
                self.stopping.set()
            return subprocess.Popen([sys.executable, "-c", ""])

    # When they are kept running
    keep_running(Short(Path()), receiver._replace(restart_delay=0))

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
    running.wait_until(lambda: " api grpc " in str(running.living()), "a server is started")
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


@pytest.mark.slow
def test_a_process_of_dagster_that_is_killed_ends_all_of_it(
    up: Callable[[], Up], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a Dagster that runs
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "")
    running = up()
    running.wait_until(lambda: "dagster-daemon" in str(running.living()), "all is started")

    # When its code server is killed
    (code_server,) = (pid for pid, each in running.living().items() if " api grpc " in each)
    os.kill(code_server, signal.SIGKILL)

    # Then all of it ends with an error, for whatever starts it again
    assert running.process.wait(TIMEOUT) == 1
    running.wait_until_alone()
    assert "Dagster's code server ended (signal 9), so all of it stops." in running.said()


def test_a_port_in_use_is_one_clear_line(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        error = shell.run("up", "--port", str(port)).error()

    assert error == f"Can't listen on 127.0.0.1:{port}: Address already in use. Try --port."
