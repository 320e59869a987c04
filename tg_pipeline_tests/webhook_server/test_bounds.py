"""What a stranger can make the server do is bounded: connections, heads, and work per byte."""

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest
import requests
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lambda_ingest.settings import IngestSettings
from lambda_ingest.web.metrics import MetricsLogger
from lambda_ingest.webhook import open_webhook
from tg_pipeline.webhook_server.application import build_application
from tg_pipeline.webhook_server.protocol import MAX_HEAD_BYTES
from tg_pipeline.webhook_server.server import Certificate, ConnectionRules, WebhookServer, listen
from tg_pipeline_tests.fakes.certificates import self_signed


async def hello(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@contextmanager
def running(
    application: ASGIApp, rules: ConnectionRules, certificate: Certificate | None = None
) -> Iterator[int]:
    """Run a server in this process; return its port."""
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    server = WebhookServer(application, listening, certificate, rules)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def hello_port() -> Iterator[int]:
    with running(hello, ConnectionRules()) as port:
        yield port


@pytest.fixture
def idle_closing_port() -> Iterator[int]:
    with running(hello, ConnectionRules(idle_seconds=0.1)) as port:
        yield port


def read_until_closed(connection: socket.socket) -> bytes:
    heard = b""
    with suppress(ConnectionError):
        while piece := connection.recv(65_536):
            heard += piece
    return heard


@pytest.mark.parametrize("begun", [b"", b"POST / HTT", b"POST / HTTP/1.1\r\nHost: x\r\n"])
def test_a_connection_with_an_incomplete_request_is_closed(
    idle_closing_port: int, begun: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", idle_closing_port), timeout=30) as waiting:
        waiting.sendall(begun)

        assert waiting.recv(100) == b""


def test_a_kept_connection_with_an_incomplete_request_is_closed(idle_closing_port: int) -> None:
    with socket.create_connection(("127.0.0.1", idle_closing_port), timeout=30) as waiting:
        waiting.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT")
        heard = read_until_closed(waiting)

    assert heard.count(b"200 OK") == 1


def test_connections_with_requests_stay_open(idle_closing_port: int) -> None:
    with requests.Session() as session:
        answers = [
            session.get(f"http://127.0.0.1:{idle_closing_port}/", timeout=30).text
            for _ in range(20)
        ]

    assert set(answers) == {"hello"}


def send_without_end(connection: socket.socket, data: bytes) -> None:
    while True:
        connection.sendall(data)


def test_a_client_that_reads_no_responses_is_closed(idle_closing_port: int) -> None:
    with socket.create_connection(("127.0.0.1", idle_closing_port), timeout=30) as deaf:
        requests_without_end = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 1_000

        with pytest.raises(ConnectionError):
            send_without_end(deaf, requests_without_end)


def test_a_client_without_a_tls_handshake_is_closed(tmp_path: Path) -> None:
    rules = ConnectionRules(handshake_seconds=0.1)
    with (
        running(hello, rules, self_signed(tmp_path)) as port,
        socket.create_connection(("127.0.0.1", port), timeout=30) as silent,
    ):
        assert silent.recv(100) == b""
    assert rules.admission.make_room("127.0.0.1")


def test_an_address_that_is_not_admitted_is_closed_ahead_of_tls(tmp_path: Path) -> None:
    refused: list[str] = []

    def refuse(address: str) -> bool:
        refused.append(address)
        return False

    rules = ConnectionRules(admits=refuse)
    with (
        running(hello, rules, self_signed(tmp_path)) as port,
        socket.create_connection(("127.0.0.1", port), timeout=30) as stranger,
    ):
        assert stranger.recv(100) == b""
    assert refused == ["127.0.0.1"]


BOTH_LENGTHS: Final = (
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"
)
WITH_TRAILER: Final = (
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx: y\r\nx: y\r\n"
)
BEGUN: Final = b"GET / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([BOTH_LENGTHS], id="two lengths of the body"),
        pytest.param([WITH_TRAILER], id="a header after the body"),
        pytest.param([BEGUN, *[b"x: y\r\n"] * MAX_HEAD_BYTES], id="headers without end"),
        pytest.param([BEGUN, b"x: ", *[b"y"] * 2 * MAX_HEAD_BYTES], id="a header without end"),
        pytest.param([b"GET /", b"x" * 3 * MAX_HEAD_BYTES], id="a path without end"),
        pytest.param([BEGUN, b"x:" + b" " * 250_000 + b"\0\r\n\r\n"], id="blanks, then a zero"),
    ],
)
def test_a_request_without_an_end_gets_400_and_its_connection_is_closed(
    hello_port: int, pieces: list[bytes]
) -> None:
    with socket.create_connection(("127.0.0.1", hello_port), timeout=30) as connection:
        with suppress(ConnectionError):  # It is closed while we send.
            for piece in pieces:
                connection.sendall(piece)

        heard = read_until_closed(connection)

    assert heard.count(b"HTTP/1.1 ") <= 1 + (pieces[0] == WITH_TRAILER)
    assert b"HTTP/1.1 400" in heard or not heard


def test_a_head_in_many_pieces_is_a_request(hello_port: int) -> None:
    head = BEGUN + b"x: y\r\n" * 1_000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", hello_port), timeout=30) as connection:
        for number in range(0, len(head), 40):
            connection.sendall(head[number : number + 40])

        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def lines_executed(work: Coroutine[None, None, None]) -> int:
    """Return how many lines of Python a coroutine executes."""
    count = 0

    def trace(_frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    with asyncio.Runner() as runner:
        runner.get_loop()
        sys.settrace(trace)
        try:
            runner.run(work)
        finally:
            sys.settrace(None)
    return count


async def respond_to_headers(count: int) -> None:
    environment = {
        "TG_LANDING_URI": "memory://headers",
        "TELEGRAM_BOT_ID": "7",
        "TELEGRAM_SECRET_TOKEN": "x" * 16,
    }
    settings = IngestSettings.from_environment(environment)
    metrics = MetricsLogger(StringIO(), 7, with_metrics=False)
    webhook = open_webhook(settings, metrics, lambda: datetime.now(UTC))
    headers = [(b"x-%d" % number, b"y") for number in range(count)]
    scope = {"type": "http", "method": "POST", "path": "/telegram", "headers": headers}
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await build_application(webhook)(scope, receive, send)
    assert sent[0]["status"] == 403


def test_the_work_on_a_head_is_proportional_to_its_headers() -> None:
    few, many = (lines_executed(respond_to_headers(count)) for count in (500, 2_000))

    assert many < 5 * few
