"""The guard passes what the UI's own pages and programs ask, and nothing that other pages can."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from email.message import Message
from http.client import HTTPConnection
from typing import Final, NamedTuple

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tg_pipeline.ui_guard.server import HiddenAddress, guard
from tg_pipeline_tests.ui_guard.webserver import ANSWERED, PUBLIC, Webserver, guarded_webserver

JSON: Final = {"Content-Type": "application/json"}
MUTATION: Final = "/graphql?query=mutation%20%7BlaunchRun%7D"
CROSS_SITE: Final = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
FOREIGN: Final = {"Origin": "http://evil.example"}


@pytest.fixture(scope="module")
def running() -> Iterator[Webserver]:
    with guarded_webserver() as webserver:
        yield webserver


@pytest.fixture
def webserver(running: Webserver) -> Webserver:
    running.asked.clear()
    return running


class Answer(NamedTuple):
    status: int
    headers: Message
    body: bytes


def ask(
    webserver: Webserver, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> Answer:
    with closing(HTTPConnection("127.0.0.1", webserver.port, timeout=30)) as connection:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())


def raw(webserver: Webserver, head: str) -> bytes:
    with socket.create_connection(("127.0.0.1", webserver.port), timeout=30) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        return connection.recv(65_536)


def open_channel(webserver: Webserver, origin: str | None) -> ClientConnection:
    return connect(
        f"ws://{webserver.host}/graphql",
        origin=Origin(origin) if origin else None,
        subprotocols=[Subprotocol("graphql-ws")],
    )


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", MUTATION, {}),
        ("GET", MUTATION, {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}),
        ("GET", "/%67raphql?query=x", {}),
        ("GET", "//graphql/?query=x", {}),
        ("HEAD", MUTATION, {}),
        ("GET", MUTATION, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}),
        ("POST", "/graphql", {"Content-Type": "text/plain"}),
        ("POST", "/graphql", {"Content-Type": "text/plain;x=application/json"}),
        ("POST", "/graphql", {"Content-Type": "application/graphql"}),
        ("POST", "/graphql", {"Content-Type": "application/x-www-form-urlencoded"}),
        ("POST", "/graphql", {"Content-Type": "multipart/form-data; boundary=x"}),
        ("POST", MUTATION, {}),
        ("POST", "/report_asset_materialization/raw_updates", {}),
        ("POST", "/graphql", JSON | FOREIGN),
        ("POST", "/graphql", JSON | {"Origin": "null"}),
        ("POST", "/graphql", JSON | {"Origin": "https://127.0.0.1"}),
        ("POST", "/graphql", JSON | CROSS_SITE),
        ("POST", "/graphql", JSON | {"Sec-Fetch-Site": "same-site"}),
        ("POST", "/graphql", JSON | {"Sec-Fetch-Site": "none"}),
        ("POST", "/graphql", JSON | {"Host": "evil.example"}),
        ("POST", "/graphql", JSON | {"Host": "127.0.0.1"}),
        ("POST", "/graphql", JSON | {"Host": "evil.example", "Origin": "http://evil.example"}),
        ("POST", "/graphql", JSON | {"Host": "dagster.example.com", "Origin": PUBLIC + ":444"}),
        ("POST", "/graphql", JSON | {"Host": "dagster.example.com", "Origin": PUBLIC[:4]}),
        ("GET", "/assets", {"Host": "evil.example"}),
        ("GET", "/logs/run/compute_logs/x.out", FOREIGN),
        ("GET", "/assets", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}),
        ("GET", "/assets", {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "no-cors"}),
        ("GET", "/assets", CROSS_SITE),
        ("GET", "http://evil.example/assets", {}),
        ("OPTIONS", "/graphql", FOREIGN | {"Access-Control-Request-Method": "POST"}),
        ("PUT", "/graphql", JSON),
    ],
)
def test_what_a_page_of_another_site_can_send_does_not_reach_dagster(
    webserver: Webserver, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = ask(webserver, method, path, headers, b"" if method != "POST" else b'{"query": "x"}')

    assert answer.status in {400, 403, 405, 415}
    assert webserver.asked == []
    assert answer.headers["Access-Control-Allow-Origin"] is None
    assert b"evil.example" not in answer.body


@pytest.mark.parametrize(
    "headers",
    [
        "Host: {here}\nHost: evil.example",
        "Host: {here}\nOrigin: http://{here}\nOrigin: http://evil.example",
        "Host: {here}\nSec-Fetch-Site: same-origin\nSec-Fetch-Site: cross-site",
        "Host: evil.example@{here}",
        "Host:",
    ],
)
def test_a_head_that_two_servers_could_read_differently_is_refused(
    webserver: Webserver, headers: str
) -> None:
    answer = raw(webserver, f"GET /assets HTTP/1.1\n{headers.format(here=webserver.host)}")

    assert answer.split()[1] in {b"400", b"403"}
    assert webserver.asked == []


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_websocket_of_another_site_is_refused(webserver: Webserver, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_channel(webserver, origin)

    assert refused.value.response.status_code == 403
    assert webserver.asked == []


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/assets?view=a%2Fb", {}),
        ("GET", "/assets", {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}),
        ("GET", "/x.js", {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors"}),
        ("POST", "/graphql?op=Runs", JSON),
        ("POST", "/graphql", {"Content-Type": "Application/JSON; charset=utf-8"}),
        ("POST", "/graphql", JSON | {"Origin": "{origin}", "Sec-Fetch-Site": "same-origin"}),
        ("POST", "/graphql", JSON | {"Host": "LocalHost:{port}"}),
        ("POST", "/graphql", JSON | {"Host": "[::1]:{port}", "Origin": "http://[::1]:{port}"}),
        ("POST", "/graphql", JSON | {"Host": "dagster.example.com", "Origin": PUBLIC}),
    ],
)
def test_the_ui_and_programs_pass_unchanged(
    webserver: Webserver, method: str, path: str, headers: dict[str, str]
) -> None:
    words = {"origin": webserver.origin, "port": webserver.port}
    filled_in = {name: value.format(**words) for name, value in headers.items()}
    body = b'{"query": "{version}"}' if method == "POST" else b""

    answer = ask(webserver, method, path, filled_in, body)

    assert (answer.status, answer.body) == (200, ANSWERED)
    assert webserver.asked == [f"{method} {path}"]
    assert webserver.body == body
    assert webserver.headers.items() >= filled_in.items()


def test_a_body_that_is_not_passed_on_takes_nothing_of_the_next_request(
    webserver: Webserver,
) -> None:
    # Given a GET whose body is a request
    hidden = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    length = {"Content-Length": str(len(hidden))}

    answers = [ask(webserver, "GET", "/assets", length, hidden) for _ in range(3)]

    assert [answer.status for answer in answers] == [200] * 3
    assert webserver.asked == ["GET /assets"] * 3


def test_a_large_body_is_passed_on_also_if_the_client_asks_first(webserver: Webserver) -> None:
    body = b'"%s"' % (b"x" * 3_000_000)

    answer = ask(webserver, "POST", "/graphql", JSON | {"Expect": "100-continue"}, body)

    assert answer.status == 200
    assert webserver.body == body


def test_no_other_site_may_read_or_embed_an_answer(webserver: Webserver) -> None:
    answer = ask(webserver, "GET", "/assets", {})

    assert answer.headers["Access-Control-Allow-Origin"] is None
    assert answer.headers.get_all("X-Frame-Options") == ["SAMEORIGIN"]
    assert answer.headers.get_all("Content-Security-Policy") == [
        "default-src 'self'",
        "frame-ancestors 'self'",
    ]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_link_on_another_site_leads_to_a_page_that_asks_first(webserver: Webserver) -> None:
    answer = ask(webserver, "GET", "/runs/1", CROSS_SITE)

    assert answer.status == 403
    assert '<a href="">' in answer.body.decode()
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_answers_are_streamed(webserver: Webserver) -> None:
    with closing(HTTPConnection("127.0.0.1", webserver.port, timeout=30)) as connection:
        connection.request("GET", "/stream")
        answer = connection.getresponse()

        # The first part is there although the answer is not complete
        assert answer.read(6) == b"first "
        webserver.send_more()
        assert answer.read() == b"second"


def test_a_websocket_of_the_ui_is_passed_on_in_both_directions(webserver: Webserver) -> None:
    with open_channel(webserver, webserver.origin) as channel:
        assert channel.subprotocol == "graphql-ws"
        channel.send("start")
        assert channel.recv(30) == "echo start"
        channel.send(b"\0bytes")
        assert channel.recv(30) == b"\0bytes"
        # And its end has Dagster's code
        channel.send("end")
        with pytest.raises(ConnectionClosed):
            channel.recv(30)
        assert channel.close_code == 4400


def test_the_health_check_of_a_load_balancer_needs_no_name_and_reveals_nothing(
    webserver: Webserver,
) -> None:
    answer = ask(webserver, "GET", "/healthz", {"Host": "10.0.0.7:3000"})

    assert (answer.status, answer.body) == (200, b"")
    assert webserver.asked == ["GET /server_info"]


def test_without_a_webserver_nothing_is_healthy_and_the_guard_says_so() -> None:
    webserver = Webserver()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        webserver.port = listener.getsockname()[1]
        with guard(listener, HiddenAddress.choose(), [], lambda: None):
            assert ask(webserver, "GET", "/healthz", {}).status == 503
            answer = ask(webserver, "POST", "/graphql", JSON, b"{}")

    assert (answer.status, answer.body) == (502, b"Dagster's webserver does not answer (yet).")


def test_the_webserver_is_on_an_address_that_no_page_can_guess() -> None:
    chosen = {HiddenAddress.choose().host for _ in range(3)}

    assert len(chosen) == 3
    assert all(host.startswith("127.") for host in chosen)
    assert "127.0.0.1" not in chosen


def test_a_webserver_that_closes_idle_connections_costs_no_request() -> None:
    # Given a webserver that answers one request of a connection, and closes it at the second
    answered = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    def answer_once(connection: socket.socket) -> None:
        with connection:
            if connection.recv(65_536):
                connection.sendall(answered)
            connection.recv(65_536)

    def answer_all(upstream: socket.socket) -> None:
        for _ in range(2):
            connection, _ = upstream.accept()
            threading.Thread(target=answer_once, args=[connection], daemon=True).start()

    with (
        socket.create_server(("127.0.0.1", 0)) as upstream,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        threading.Thread(target=answer_all, args=[upstream], daemon=True).start()
        hidden = HiddenAddress("127.0.0.1", upstream.getsockname()[1])
        webserver = Webserver(port=listener.getsockname()[1])

        # When two requests follow each other, then both are answered
        with guard(listener, hidden, [], lambda: None):
            answers = [ask(webserver, "POST", "/graphql", JSON, b"{}") for _ in range(2)]

    assert [each.status for each in answers] == [200, 200]
