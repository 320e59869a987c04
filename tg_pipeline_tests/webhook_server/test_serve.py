"""`tg-pipeline serve` responds as the Lambda does, within limits, and stops gracefully."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from lambda_ingest.settings import DEFAULT_WEBHOOK_PATH
from lambda_ingest.webhook import MAX_BODY_BYTES
from tg_pipeline_tests.fakes.certificates import self_signed
from tg_pipeline_tests.fakes.processes.webhook_process import COMMAND, SECRET, Serving, close, start

WITH_SECRET = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
StartServing = Callable[..., Serving]


@pytest.fixture
def start_serving(tmp_path: Path) -> Iterator[StartServing]:
    """Start servers, which are killed at the end of the test."""
    started: list[Serving] = []

    def begin(*options: str, **settings: str) -> Serving:
        started.append(start(tmp_path, *options, prefix=(), log=None, **settings))
        return started[-1]

    yield begin
    for each in started:
        close(each)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Start a server for all tests of the module."""
    opened = start(tmp_path_factory.mktemp("serving"))
    yield opened
    close(opened)


def update(update_id: int) -> bytes:
    message = {"date": int(time.time()), "chat": {"id": 5}, "text": "olá"}
    return json.dumps({"update_id": update_id, "message": message}).encode()


def post(serving: Serving, body: bytes, **headers: str) -> requests.Response:
    return requests.post(serving.webhook, data=body, headers=WITH_SECRET | headers, timeout=30)


def test_an_update_is_durable_byte_for_byte_before_the_response(serving: Serving) -> None:
    body = update(1)

    answer = post(serving, body)

    assert (answer.status_code, answer.content) == (200, b"")
    assert serving.stored()["7-1.json"] == body


@pytest.mark.parametrize(
    ("method", "path", "secret", "status"),
    [
        ("GET", "/healthz", "", 200),
        ("POST", "/elsewhere", SECRET, 404),
        ("GET", "/telegram", SECRET, 405),
        ("POST", "/telegram", "", 403),
        ("POST", "/telegram", f"{SECRET}x", 403),
        ("POST", "/telegram", SECRET, 200),
    ],
)
def test_the_status_is_that_of_the_lambda_and_nothing_rejected_is_stored(
    serving: Serving, method: str, path: str, secret: str, status: int
) -> None:
    before = serving.stored()
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}

    response = requests.request(
        method, f"{serving.address}{path}", data=b"not an update", headers=headers, timeout=30
    )

    assert response.status_code == status
    assert serving.stored() == before
    assert bool(serving.stored("rejected")) >= (status == 200 and path == "/telegram")


def test_bytes_that_are_not_http_get_400(serving: Serving) -> None:
    host, port = serving.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")

        assert connection.recv(100).startswith(b"HTTP/1.1 400")


def test_a_body_of_more_than_a_mebibyte_or_of_an_unknown_length_is_413(serving: Serving) -> None:
    most = post(serving, b" " * (MAX_BODY_BYTES - len(update(3))) + update(3))
    more = post(serving, b"x" * (MAX_BODY_BYTES + 1))
    chunks = iter([b"x" * 64 * 1024] * 40)
    unknown = requests.post(serving.webhook, data=chunks, headers=WITH_SECRET, timeout=30)

    assert [each.status_code for each in (most, more, unknown)] == [200, 413, 413]
    assert len(serving.stored()["7-3.json"]) == MAX_BODY_BYTES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"TELEGRAM_SECRET_TOKEN": ""}, "TELEGRAM_SECRET_TOKEN is not set"),
        ({"TG_WEBHOOK_PATH": "/healthz"}, "TG_WEBHOOK_PATH must not be /healthz"),
        ({"TG_TELEGRAM_ONLY": "yes"}, "TG_TELEGRAM_ONLY=yes refuses every caller at 127.0.0.1"),
        ({"TELEGRAM_BOT_ID": ""}, "TELEGRAM_BOT_ID is not set, so updates of two bots could not"),
        ({}, "Can't listen on 127.0.0.1:"),
    ],
    ids=["no secret", "the path of the health check", "behind a proxy", "no bot", "a port in use"],
)
def test_it_does_not_start_and_says_why_in_one_line(settings: dict[str, str], message: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = subprocess.run(
            [COMMAND, "serve", "--port", str(other.getsockname()[1])],
            env={
                "TELEGRAM_BOT_ID": "7",
                "TELEGRAM_SECRET_TOKEN": SECRET,
                "TG_LANDING_URI": "memory://",
            }
            | settings,
            capture_output=True,
            text=True,
            check=False,
        )

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert message in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_a_shutdown_waits_for_requests_in_progress(
    start_serving: StartServing, slow_bot: "SlowBot", with_signal: signal.Signals
) -> None:
    serving = start_serving(FORWARD_URL=slow_bot.address)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, serving, update(9))
        slow_bot.asked.wait(30)

        serving.process.send_signal(with_signal)
        time.sleep(0.2)
        slow_bot.may_respond.set()
        code, _, said = serving.stop(0)

    assert answer.result().text == "the bot's own response"
    assert (code, said.splitlines()[-1]) == (0, "Stopped.")


def test_each_response_is_one_log_line_without_message_texts_and_secrets(
    start_serving: StartServing,
) -> None:
    serving = start_serving(TG_WEBHOOK_PATH="/7:AAH-a-token")
    webhook = f"{serving.address}/7:AAH-a-token"
    for headers in (WITH_SECRET, WITH_SECRET, {}):
        requests.post(webhook, data=update(1), headers=headers, timeout=30)

    _, printed, said = serving.stop()

    lines = [json.loads(line) for line in printed.splitlines()]
    told = [{"landed", "duplicate", "unauthorized"} & set(line) for line in lines]
    assert told == [{"landed"}, {"duplicate"}, {"unauthorized"}]
    shown = printed + said + serving.announced
    assert [secret for secret in (SECRET, "AAH-a-token") if secret in shown] == []
    assert "ol" not in printed.replace("telegram", "")


def test_a_hundred_concurrent_clients_get_responses(serving: Serving) -> None:
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda number: post(serving, update(number)), range(100, 300)))

    assert {answer.status_code for answer in answers} == {200}
    assert serving.stored().keys() >= {f"7-{number}.json" for number in range(100, 300)}


def test_with_a_certificate_it_serves_https(start_serving: StartServing, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)

    serving = start_serving("--certificate", str(certificate), "--key", str(key))

    answer = requests.post(
        serving.webhook, data=update(4), headers=WITH_SECRET, verify=str(certificate), timeout=30
    )
    assert (answer.status_code, serving.address[:8]) == (200, "https://")


class SlowBot:
    """A bot that responds when the test allows it."""

    def __init__(self) -> None:
        self.asked, self.may_respond = threading.Event(), threading.Event()
        bot = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                bot.asked.set()
                bot.may_respond.wait(30)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"the bot's own response")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Log nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def slow_bot() -> Iterator[SlowBot]:
    bot = SlowBot()
    thread = threading.Thread(target=bot.server.serve_forever)
    thread.start()
    yield bot
    bot.may_respond.set()
    bot.server.shutdown()
    thread.join()
    bot.server.server_close()


@pytest.mark.slow
def test_a_log_that_nobody_reads_costs_no_update(tmp_path: Path) -> None:
    # Given a server whose log is a small pipe that nobody reads
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    serving = start(tmp_path, log=writing)
    os.close(writing)

    # When more updates arrive than it has room for
    answers = [post(serving, update(number)) for number in range(60)]

    # Then all land, and their lines arrive as soon as someone reads
    assert {each.status_code for each in answers} == {200}
    assert len(serving.stored()) == 60
    serving.process.terminate()
    with os.fdopen(reading) as log:
        assert sum(json.loads(line)["landed"] for line in log) == 60
    close(serving)
    assert serving.process.returncode == 0


@pytest.mark.slow
def test_a_log_whose_reader_is_gone_costs_no_update(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    serving = start(tmp_path, log=writing)
    os.close(writing)
    os.close(reading)

    answers = [post(serving, update(number)) for number in range(3)]
    serving.process.terminate()

    assert {each.status_code for each in answers} == {200}
    assert serving.process.wait(70) == 0
    close(serving)


@pytest.mark.slow
def test_only_telegrams_addresses_are_served_on_request(start_serving: StartServing) -> None:
    serving = start_serving("--host", "0.0.0.0", TG_TELEGRAM_ONLY="yes")  # noqa: S104

    with pytest.raises(requests.ConnectionError):
        requests.post(serving.webhook.replace("0.0.0.0", "127.0.0.1"), timeout=30)  # noqa: S104

    assert serving.process.poll() is None


@pytest.mark.slow
def test_a_websocket_is_refused(start_serving: StartServing) -> None:
    serving = start_serving()
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}

    answer = requests.get(
        serving.webhook, headers=upgrade | {"Sec-WebSocket-Key": "A" * 24}, timeout=30
    )

    assert answer.status_code in {404, 405}
    assert "Traceback" not in serving.stop()[2]


SCHEMATHESIS: Final = str(Path(sys.executable).parent / "schemathesis")
SEED: Final = "20261007"


@pytest.mark.slow
def test_schemathesis_finds_no_response_that_is_not_described(
    serving: Serving, tmp_path: Path
) -> None:
    description = tmp_path / "openapi.json"
    description.write_text(json.dumps(describe()))
    header = f"X-Telegram-Bot-Api-Secret-Token: {SECRET}"
    run = [SCHEMATHESIS, "run", str(description), "--url", serving.address, "--header", header]

    done = subprocess.run(
        [*run, "--checks", "all", "--max-examples", "100", "--seed", SEED, "--no-color"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert serving.stored("rejected"), "No generated body was stored."


RESPONSES: Final = {
    "200": "The update is durable, or filtered. Empty, or the bot's own response.",
    "400": "The request is not valid HTTP, or incomplete.",
    "403": "The secret token is missing or wrong.",
    "408": "The body did not arrive in time.",
    "413": f"The body is larger than {MAX_BODY_BYTES} bytes.",
    "500": "The store failed. Nothing is stored; send it again.",
    "502": "The bot can't be reached. The update is durable; send it again.",
    "504": "The bot did not respond in time. The update is durable; send it again.",
}


def describe() -> dict[str, Any]:
    """Return the server's description in OpenAPI (https://spec.openapis.org/oas/v3.1.0)."""
    store = {
        "operationId": "storeUpdate",
        "security": [{"secretToken": []}],
        "requestBody": {"content": {"application/json": {"schema": {}}}},
        "responses": {status: {"description": what} for status, what in RESPONSES.items()},
    }
    up = {"description": "It is up.", "content": {"application/json": {"schema": {}}}}
    secret = {"type": "apiKey", "in": "header", "name": "X-Telegram-Bot-Api-Secret-Token"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "tg-pipeline serve", "version": "1"},
        "paths": {
            DEFAULT_WEBHOOK_PATH: {"post": store},
            "/healthz": {"get": {"responses": {"200": up}}},
        },
        "components": {"securitySchemes": {"secretToken": secret}},
    }
