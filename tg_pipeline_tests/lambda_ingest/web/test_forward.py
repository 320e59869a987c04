"""The bot gets each update as it was sent, and its response, or a 502 or 504, is returned."""

import ssl
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from lambda_ingest.web.forward import Forwarder
from lambda_ingest.web.http_events import HttpResponse
from tg_pipeline_tests.lambda_ingest.bot_server import HANG_UP, Bot, Heard, Reply, always, reply

ForwardTo = Callable[..., Forwarder]

METHOD = b'{"method": "sendMessage", "chat_id": 5, "text": "ol\xc3\xa1"}'
BODIES = [b"", b'{"update_id": 5}', "olá 😀".encode(), b"\xff\x00", b"x" * 1024 * 1024]
CLOSING = ["Connection: close", "no length", "HTTP/1.0"]
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class TestExchange:
    def test_the_body_and_two_headers_are_returned(self, forward_to: ForwardTo) -> None:
        headers = {"content_type": "application/json", "retry_after": "5", "x_powered_by": "magic"}

        with Bot(always(reply(METHOD, **headers))) as bot:
            response = forward_to(bot.url).send(b"{}", 20.0)

        returned = {"Content-Type": "application/json", "Retry-After": "5"}
        assert response == HttpResponse(200, METHOD, returned)

    def test_the_request_is_telegram_s(self, forward_to: ForwardTo) -> None:
        secret = "a-secret-of-the-bot"  # noqa: S105 - used here only
        with Bot(always(reply())) as bot:
            forward_to(f"{bot.url}?a=%20b&c", secret_token=secret).send(b"{}", 20.0)

        (heard,) = bot.heard
        assert heard.start == "POST /hook/7:open-sesame?a=%20b&c HTTP/1.1"
        assert heard.headers["content-type"] == "application/json"
        assert heard.headers["host"] == f"localhost:{bot.port}"
        assert heard.headers["x-telegram-bot-api-secret-token"] == secret

    def test_credentials_in_the_url_are_sent_and_no_secret_if_there_is_none(
        self, forward_to: ForwardTo
    ) -> None:
        with Bot(always(reply())) as bot:
            forward_to(f"http://ana:se%40me@127.0.0.1:{bot.port}").send(b"{}", 20.0)

        (heard,) = bot.heard
        assert heard.start == "POST / HTTP/1.1"
        assert "x-telegram-bot-api-secret-token" not in heard.headers
        assert heard.headers["authorization"] == f"Basic {b64encode(b'ana:se@me').decode()}"

    @pytest.mark.parametrize(("size", "status"), [(4 * 1024**2, 200), (4 * 1024**2 + 1, 502)])
    def test_a_response_has_four_mebibytes_at_most(
        self, forward_to: ForwardTo, size: int, status: int
    ) -> None:
        with Bot(always(reply(b"x" * size))) as bot:
            response = forward_to(bot.url).send(b"{}", 20.0)

        assert (response.status, len(response.body)) == (status, size if status == 200 else 0)


class TestConnections:
    @pytest.mark.parametrize(
        ("pieces", "body"),
        [
            ([reply(METHOD)], METHOD),
            ([reply(status="204 No Content")], b""),
            ([CHUNKED, b"2\r\nok\r\n0\r\n\r\n"], b"ok"),
            ([b"HTTP/1.1 100 Continue\r\n\r\n", reply(b"ok")], b"ok"),
            ([bytes([byte]) for byte in reply(b"ok")], b"ok"),
            ([reply(b"ok", connection="close")], b"ok"),
            ([b"HTTP/1.1 200 OK\r\n\r\nok", HANG_UP], b"ok"),
            ([b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"], b"ok"),
        ],
        ids=["a body", "204", "chunks", "after a 100", "byte by byte", *CLOSING],
    )
    def test_one_connection_serves_all_updates_unless_the_bot_closes_it(
        self,
        forward_to: ForwardTo,
        pieces: list[bytes],
        body: bytes,
        request: pytest.FixtureRequest,
    ) -> None:
        is_closed = request.node.callspec.id in CLOSING

        with Bot(always(*pieces)) as bot:
            forwarder = forward_to(bot.url)
            responses = [forwarder.send(each, 20.0) for each in BODIES]

        assert [response.body for response in responses] == [body] * len(BODIES)
        assert all(response.status in {200, 204} for response in responses)
        assert [heard.body for heard in bot.heard] == BODIES
        connections = range(1, len(BODIES) + 1) if is_closed else [1] * len(BODIES)
        assert [heard.connection for heard in bot.heard] == list(connections)

    def test_each_thread_has_its_own_connection(self, forward_to: ForwardTo) -> None:
        with Bot(always(reply())) as bot:
            forwarder = forward_to(bot.url)

            def send() -> None:
                forwarder.send(b"1", 20.0)
                forwarder.send(b"2", 20.0)
                forwarder.close()

            for thread in [Thread(target=send), Thread(target=send)]:
                thread.start()
                thread.join()

        assert [heard.connection for heard in bot.heard] == [1, 1, 2, 2]

    def test_a_kept_connection_that_the_bot_closed_is_opened_again(
        self, forward_to: ForwardTo
    ) -> None:
        with Bot(always(reply())) as bot:
            forwarder = forward_to(bot.url)
            forwarder.send(b"1", 20.0)
            bot.hang_up()

            response = forwarder.send(b"2" * 300_000, 20.0)

        assert response.status == 200
        received = [(heard.body[:1], heard.connection) for heard in bot.heard]
        assert received == [(b"1", 1), (b"2", 2)]

    @pytest.mark.parametrize("first", [HANG_UP, reply(connection="close")])
    def test_an_update_that_makes_the_bot_hang_up_is_not_sent_again(
        self, forward_to: ForwardTo, first: bytes | None
    ) -> None:
        with Bot(lambda heard, _: [first if heard.body == b"1" else HANG_UP]) as bot:
            forwarder = forward_to(bot.url)
            statuses = [forwarder.send(b"1", 20.0).status, forwarder.send(b"2", 20.0).status]

        assert statuses == [200 if first else 502, 502]
        assert [heard.body for heard in bot.heard] == [b"1", b"2"]


class TestFailures:
    def test_a_host_that_can_t_be_encoded_is_502(self, forward_to: ForwardTo) -> None:
        assert forward_to("http://a..b/7:open-sesame").send(b"1", 20.0).status == 502

    @pytest.mark.parametrize(
        "pieces",
        [
            [b"\xff" * 70_000, HANG_UP],
            [b"HTTP/1.1 101 Switching Protocols\r\n\r\n"],
            [reply(status="999 Whatever")],
            [reply(x="y" * 70_000)],
            [reply(b"half", content_length="8"), HANG_UP],
            [CHUNKED + b"many\r\nhalf", HANG_UP],
        ],
        ids=["bytes", "101", "999", "a long header", "half", "no chunk size"],
    )
    def test_an_invalid_response_is_502(
        self, forward_to: ForwardTo, pieces: list[bytes | None]
    ) -> None:
        with Bot(always(*pieces)) as bot:
            response = forward_to(bot.url).send(b"{}", 20.0)

        assert (response.status, response.body, response.headers) == (502, b"", {})
        assert len(bot.heard) == 1


SLOW_BYTES = 100
"""How many bytes a slow bot sends, one in 50 ms: many times what the tests wait for."""


def slowly(beginning: bytes) -> Reply:
    def pieces(_: Heard, over: Event) -> Iterator[bytes | None]:
        yield beginning
        for _byte in range(SLOW_BYTES):
            over.wait(0.05)
            yield b"0"
        yield HANG_UP

    return pieces


def never(_: Heard, over: Event) -> Iterator[bytes]:
    over.wait(SLOW_BYTES * 0.05)
    yield reply()


class TestDeadline:
    @pytest.mark.parametrize(
        "slow",
        [
            never,
            slowly(b""),
            slowly(b"HTTP/1.1 200 OK\r\nX: "),
            slowly(reply(content_length="1000")),
            slowly(CHUNKED + b"400\r\n"),
        ],
        ids=["nothing", "the status", "a header", "the body", "a chunk"],
    )
    @pytest.mark.parametrize(
        ("own", "remaining"), [(0.3, 20.0), (20.0, 0.3)], ids=["timeout", "remaining time"]
    )
    def test_a_response_that_takes_too_long_is_504(
        self, forward_to: ForwardTo, slow: Reply, own: float, remaining: float
    ) -> None:
        with Bot(slow) as bot:
            response = forward_to(bot.url, seconds=own).send(b"{}", remaining)

        assert (response.status, response.body) == (504, b"")
        assert response.reason == "The bot did not respond in time."

    def test_a_late_response_is_not_taken_for_that_to_the_next_update(
        self, forward_to: ForwardTo
    ) -> None:
        def slow_once(heard: Heard, over: Event) -> Iterable[bytes]:
            return never(heard, over) if heard.body == b"1" else [reply(b"2")]

        with Bot(slow_once) as bot:
            forwarder = forward_to(bot.url)

            assert forwarder.send(b"1", 0.3).status == 504
            assert forwarder.send(b"2", 20.0).body == b"2"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    command = (
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
        f"-addext subjectAltName=DNS:localhost -keyout {path}.key -out {path}"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, f"{certificate}.key")
    return context


class TestTls:
    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_a_bot_with_a_valid_certificate_gets_updates_also_after_it_hung_up(
        self,
        forward_to: ForwardTo,
        tls: ssl.SSLContext,
        version: ssl.TLSVersion,
        certificate: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        tls.minimum_version = tls.maximum_version = version
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

        with Bot(always(reply(b"ok")), tls) as bot:
            forwarder = forward_to(bot.url)
            responses = [forwarder.send(b"%d" % number, 20.0) for number in range(2)]
            bot.hang_up()
            responses.append(forwarder.send(b"2", 20.0))

        assert responses == [HttpResponse(200, b"ok")] * 3
        received = [(heard.body, heard.connection) for heard in bot.heard]
        assert received == [(b"0", 1), (b"1", 1), (b"2", 2)]

    @pytest.mark.parametrize("wrong", ["an untrusted certificate", "another host", "no TLS"])
    def test_any_other_bot_gets_nothing(
        self,
        forward_to: ForwardTo,
        tls: ssl.SSLContext,
        certificate: Path,
        monkeypatch: pytest.MonkeyPatch,
        wrong: str,
    ) -> None:
        if wrong != "an untrusted certificate":
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

        with Bot(always(reply()), None if wrong == "no TLS" else tls) as bot:
            host = "127.0.0.1" if wrong == "another host" else "localhost"
            response = forward_to(f"https://{host}:{bot.port}/").send(b"{}", 20.0)

        assert (response.status, response.body) == (502, b"")
        assert response.reason.startswith("The bot can't be reached: SSL")
        assert bot.heard == []
