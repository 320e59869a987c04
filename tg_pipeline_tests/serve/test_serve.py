"""The local door answers as the Lambda does, and stops without losing what it has begun."""

import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests

from lambda_ingest.webhook import LARGEST_BODY
from tg_pipeline_tests.serve.conftest import COMMAND, SECRET, Serving, StartServing

LET_IN = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


def update(update_id: int) -> bytes:
    message = {"date": int(time.time()), "chat": {"id": 5}, "text": "olá"}
    return json.dumps({"update_id": update_id, "message": message}).encode()


def post(serving: Serving, body: bytes, **headers: str) -> requests.Response:
    return requests.post(serving.webhook, data=body, headers=LET_IN | headers, timeout=30)


def pieces_of(size: int) -> bytes:
    return b"x" * size


def test_an_update_is_on_the_disk_as_it_came_when_it_is_answered(serving: Serving) -> None:
    answer = post(serving, update(1))

    assert (answer.status_code, answer.content) == (200, b"")
    assert serving.stored()["7-1.json"] == update(1)


def test_who_does_not_know_the_secret_is_told_so_and_leaves_nothing(serving: Serving) -> None:
    before = serving.stored()

    none = requests.post(serving.webhook, data=update(2), timeout=30)
    wrong = requests.post(
        serving.webhook,
        data=update(2),
        headers={"X-Telegram-Bot-Api-Secret-Token": f"{SECRET}x"},
        timeout=30,
    )

    assert (none.status_code, wrong.status_code) == (403, 403)
    assert serving.stored() == before


def test_another_path_and_another_method_are_told_apart(serving: Serving) -> None:
    elsewhere = requests.post(f"{serving.address}/elsewhere", headers=LET_IN, timeout=30)
    looked_at = requests.get(serving.webhook, headers=LET_IN, timeout=30)

    assert elsewhere.status_code == 404
    assert (looked_at.status_code, looked_at.headers["Allow"]) == (405, "POST")


def test_a_body_may_have_a_mebibyte_and_not_a_byte_more(serving: Serving) -> None:
    most = post(serving, b" " * (LARGEST_BODY - len(update(3))) + update(3))
    more = post(serving, pieces_of(LARGEST_BODY + 1))

    assert (most.status_code, more.status_code) == (200, 413)
    assert len(serving.stored()["7-3.json"]) == LARGEST_BODY


def test_a_body_of_unknown_length_is_read_no_further_than_the_limit(serving: Serving) -> None:
    def endless() -> list[bytes]:
        return [pieces_of(64 * 1024)] * 40

    answer = requests.post(serving.webhook, data=iter(endless()), headers=LET_IN, timeout=30)

    assert answer.status_code == 413


def test_what_is_no_update_is_kept_apart_and_not_sent_again(serving: Serving) -> None:
    answer = post(serving, b"\xff no update")

    assert answer.status_code == 200
    assert serving.stored("rejected")


def test_a_door_without_a_secret_does_not_open() -> None:
    done = subprocess.run([COMMAND, "serve"], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "TELEGRAM_SECRET_TOKEN is not set" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_one_clear_line(start_serving: StartServing) -> None:
    port = start_serving().address.rpartition(":")[2]

    done = subprocess.run(
        [COMMAND, "serve", "--port", port],
        env={"TELEGRAM_SECRET_TOKEN": SECRET, "TG_LANDING_URI": "memory://"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert f"127.0.0.1:{port} can't be listened at: Address already in use" in done.stderr


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_waits_for_the_answer_under_way(
    start_serving: StartServing, slow_bot: "SlowBot", with_signal: signal.Signals
) -> None:
    serving = start_serving(FORWARD_URL=slow_bot.address)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, serving, update(9))
        slow_bot.asked.wait(30)

        serving.process.send_signal(with_signal)
        time.sleep(0.2)
        slow_bot.may_answer.set()
        code, _, said = serving.stop(0)

    assert answer.result().text == "the bot's own answer"
    assert (code, said.splitlines()[-1]) == (0, "Stopped.")


def test_a_line_tells_of_each_answer_and_nothing_of_what_was_said(
    start_serving: StartServing,
) -> None:
    serving = start_serving()
    for number in (1, 1):
        post(serving, update(number))
    requests.post(serving.webhook, data=update(2), timeout=30)

    _, printed, said = serving.stop()

    lines = [json.loads(line) for line in printed.splitlines()]
    told = [{"landed", "duplicate", "unauthorized"} & set(line) for line in lines]
    assert told == [{"landed"}, {"duplicate"}, {"unauthorized"}]
    assert SECRET not in printed + said
    assert "ol" not in printed.replace("telegram", "")


def test_a_hundred_clients_at_a_time_are_all_answered(start_serving: StartServing) -> None:
    serving = start_serving()

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda number: post(serving, update(number)), range(500)))

    assert {answer.status_code for answer in answers} == {200}
    assert len(serving.stored()) == 500


def test_a_certificate_of_its_own_makes_it_speak_https(
    start_serving: StartServing, tmp_path: Path
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
        f"-addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
    )

    serving = start_serving("--certificate", str(certificate), "--key", str(key))

    answer = requests.post(
        serving.webhook, data=update(4), headers=LET_IN, verify=str(certificate), timeout=30
    )
    assert (answer.status_code, serving.address[:8]) == (200, "https://")


class SlowBot:
    """A bot that answers when the test says so."""

    def __init__(self) -> None:
        self.asked, self.may_answer = threading.Event(), threading.Event()
        bot = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                bot.asked.set()
                bot.may_answer.wait(30)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"the bot's own answer")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def slow_bot() -> Iterator[SlowBot]:
    bot = SlowBot()
    thread = threading.Thread(target=bot.server.serve_forever)
    thread.start()
    yield bot
    bot.may_answer.set()
    bot.server.shutdown()
    thread.join()
    bot.server.server_close()


def test_health_is_told_without_a_secret(serving: Serving) -> None:
    answer = requests.get(f"{serving.address}/healthz", timeout=30)

    assert answer.json() == {"status": "up"}


def test_bytes_that_are_no_http_do_no_harm(serving: Serving) -> None:
    host, port = serving.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        answer = connection.recv(100)

    assert answer.startswith(b"HTTP/1.1 400")
    assert requests.get(f"{serving.address}/healthz", timeout=30).ok


def test_a_secret_in_the_path_is_shown_to_nobody(start_serving: StartServing) -> None:
    serving = start_serving(TG_WEBHOOK_PATH="/7:AAH-a-token")

    described = requests.get(f"{serving.address}/openapi.json", timeout=30).text
    taken = requests.post(
        f"{serving.address}/7:AAH-a-token", data=update(5), headers=LET_IN, timeout=30
    )
    _, printed, said = serving.stop()

    assert taken.status_code == 200
    assert "AAH-a-token" not in described + printed + said + serving.announced


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json"])
def test_the_webhook_can_t_be_where_something_else_is(path: str) -> None:
    done = subprocess.run(
        [COMMAND, "serve"],
        env={"TG_WEBHOOK_PATH": path, "TELEGRAM_SECRET_TOKEN": SECRET},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "TG_WEBHOOK_PATH must be none of" in done.stderr


def test_a_websocket_is_no_way_in(start_serving: StartServing) -> None:
    serving = start_serving()
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}

    answer = requests.get(
        serving.webhook, headers=upgrade | {"Sec-WebSocket-Key": "A" * 24}, timeout=30
    )

    assert answer.status_code in {404, 405}
    assert "Traceback" not in serving.stop()[2]
