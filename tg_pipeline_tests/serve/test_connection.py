"""A connection on which nothing is asked is closed, so that nobody can take all there are."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests
import uvicorn
from starlette.types import Receive, Scope, Send

from tg_pipeline import webhook_server as connection
from tg_pipeline.webhook_server import Connection


async def hello(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(connection, "SECONDS_TO_ASK", 0.1)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(hello, http=Connection, ws="none", lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.mark.parametrize("begun", [b"", b"POST / HTT", b"POST / HTTP/1.1\r\nHost: x\r\n"])
def test_half_a_head_is_not_waited_for(port: int, begun: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as waiting:
        waiting.sendall(begun)

        assert waiting.recv(100) == b""


def test_nor_is_the_other_half_of_a_second_one(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as waiting:
        waiting.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT")
        heard = b""
        while piece := waiting.recv(1000):
            heard += piece

    assert heard.count(b"200 OK") == 1


def test_who_asks_is_answered(port: int) -> None:
    with requests.Session() as session:
        answers = [session.get(f"http://127.0.0.1:{port}/", timeout=30).text for _ in range(20)]

    assert set(answers) == {"hello"}
