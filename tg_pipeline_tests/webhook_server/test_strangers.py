"""Strangers who open connections and send nothing, or half a request, keep nobody from it."""

import json
import resource
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest
import requests

from tg_pipeline.webhook_server.server import Certificate
from tg_pipeline_tests.fakes.certificates import self_signed
from tg_pipeline_tests.fakes.processes.webhook_process import SECRET, Serving, close, start

pytestmark = pytest.mark.slow

SILENT: Final = 1_100
"""More connections than the server may have files."""

OPEN_FILES: Final = ("bash", "-c", 'ulimit -n 1024; exec "$0" "$@"')
"""Runs a command with the limit of open files that systemd sets by default."""

HALF: Final = b"POST /telegram HTTP/1.1\r\nHost: x\r\n"
HALF_BODY: Final = HALF + b"Content-Length: 50\r\n\r\n{"
AUTHORIZED: Final = f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n".encode()


@pytest.fixture(autouse=True)
def open_files() -> Iterator[None]:
    """Let this process have more files than the server."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(before[1], 8_192), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def serving(
    request: pytest.FixtureRequest, tmp_path: Path, certificate: Certificate
) -> Iterator[Serving]:
    is_tls = request.param == "https"
    options = ("--certificate", str(certificate.certificate), "--key", str(certificate.key))
    opened = start(tmp_path, *(options if is_tls else ()), prefix=OPEN_FILES)
    yield opened
    close(opened)


class Strangers:
    """Connections of strangers, which stay open as long as the server lets them."""

    def __init__(self, serving: Serving) -> None:
        host, port = serving.address.partition("://")[2].split(":")
        self._address = host, int(port)
        self._stack = ExitStack()

    def connect(self, count: int, sources: list[str], sent: bytes, *, with_tls: bool) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        for number in range(count):
            source = sources[number % len(sources)], 0
            connection = socket.create_connection(self._address, 30, source_address=source)
            if with_tls:
                connection = context.wrap_socket(connection)
            self._stack.enter_context(connection)
            connection.sendall(sent)

    def leave(self) -> None:
        self._stack.close()


@pytest.fixture
def strangers(serving: Serving) -> Iterator[Strangers]:
    crowd = Strangers(serving)
    yield crowd
    crowd.leave()


ONE: Final = ["127.0.0.1"]
SEVERAL: Final = [f"127.0.0.{number}" for number in range(2, 13)]


NOTHING: Final = b""
HALF_A_BODY_WITH_THE_SECRET: Final = HALF + AUTHORIZED + b"Content-Length: 50\r\n\r\n{"


@pytest.mark.parametrize(
    ("serving", "sources", "sent"),
    [
        pytest.param("http", ONE, NOTHING, id="one address sends nothing"),
        pytest.param("http", SEVERAL, HALF, id="several send half a head"),
        pytest.param("http", ONE, HALF_BODY, id="one sends half a body"),
        pytest.param("http", SEVERAL, HALF_A_BODY_WITH_THE_SECRET, id="and has the secret"),
        pytest.param("https", SEVERAL, NOTHING, id="several send nothing to a TLS server"),
        pytest.param("https", ONE, HALF, id="one sends half a head to a TLS server"),
    ],
    indirect=["serving"],
)
def test_updates_land_while_more_connections_are_open_than_the_server_has_files(
    serving: Serving,
    strangers: Strangers,
    certificate: Certificate,
    sources: list[str],
    sent: bytes,
) -> None:
    # Given strangers who have sent less than a request (the first: less than a TLS handshake)
    is_tls = serving.address.startswith("https")
    strangers.connect(SILENT, sources, sent, with_tls=is_tls and bool(sent))

    # When Telegram sends updates, on new connections and on a kept one
    with requests.Session() as session:
        statuses = [
            call(
                serving.webhook,
                data=update(number),
                headers={"X-Telegram-Bot-Api-Secret-Token": SECRET},
                verify=str(certificate.certificate),
                timeout=30,
            ).status_code
            for number, call in enumerate([requests.post, session.post] * 15)
        ]

    # Then each of them lands
    assert statuses == [200] * 30
    assert serving.stored().keys() == {f"7-{number}.json" for number in range(30)}
    _, _, errors = serving.stop()
    assert "Traceback" not in errors


def update(update_id: int) -> bytes:
    message = {"date": int(time.time()), "chat": {"id": 5}, "text": "olá"}
    return json.dumps({"update_id": update_id, "message": message}).encode()
