"""The bot behind the door hears each update as it came, and its answer is the door's."""

from base64 import b64encode
from collections.abc import Callable
from threading import Thread

import pytest

from lambda_ingest.forward import Forwarder
from lambda_ingest.http_events import HttpResponse
from tg_pipeline_tests.lambda_ingest.bot import HANG_UP, Bot, always, reply

ForwardTo = Callable[..., Forwarder]

OF_THE_BOT = "a-secret-of-the-bot-s-own"
METHOD = b'{"method": "sendMessage", "chat_id": 5, "text": "ol\xc3\xa1"}'


def test_the_bot_s_answer_is_passed_on(forward_to: ForwardTo) -> None:
    said = reply(METHOD, content_type="application/json", retry_after="5", x_powered_by="magic")

    with Bot(always(said)) as bot:
        answer = forward_to(bot.url).send(b"{}", 20.0)

    assert answer == HttpResponse(
        200, METHOD, {"Content-Type": "application/json", "Retry-After": "5"}
    )


@pytest.mark.parametrize("status", [200, 201, 204, 302, 400, 403, 429, 500, 503])
def test_the_bot_s_status_is_passed_on(forward_to: ForwardTo, status: int) -> None:
    with Bot(always(reply(status=f"{status} As you say"))) as bot:
        assert forward_to(bot.url).send(b"{}", 20.0) == HttpResponse(status)


@pytest.mark.parametrize(
    "body",
    [b"", b'{"update_id": 5}', "olá 😀".encode(), b"\xff\x00", b"x" * 1024 * 1024],
    ids=["nothing", "an update", "utf-8", "no utf-8", "a mebibyte"],
)
def test_the_bot_hears_the_very_bytes(forward_to: ForwardTo, body: bytes) -> None:
    with Bot(always(reply())) as bot:
        forward_to(bot.url).send(body, 20.0)

    assert [heard.body for heard in bot.heard] == [body]


def test_the_bot_hears_what_telegram_would_have_said(forward_to: ForwardTo) -> None:
    with Bot(always(reply())) as bot:
        forward_to(f"{bot.url}?a=%20b&c", secret_token=OF_THE_BOT).send(b"{}", 20.0)

    (heard,) = bot.heard
    assert heard.start == "POST /hook/7:open-sesame?a=%20b&c HTTP/1.1"
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["host"] == f"localhost:{bot.port}"
    assert heard.headers["x-telegram-bot-api-secret-token"] == OF_THE_BOT


def test_a_user_and_password_in_the_address_are_sent_as_telegram_sends_them(
    forward_to: ForwardTo,
) -> None:
    with Bot(always(reply())) as bot:
        forward_to(f"http://ana:se%40me@127.0.0.1:{bot.port}/").send(b"{}", 20.0)

    (heard,) = bot.heard
    assert heard.headers["authorization"] == f"Basic {b64encode(b'ana:se@me').decode()}"


def test_a_bot_without_a_secret_is_offered_none(forward_to: ForwardTo) -> None:
    with Bot(always(reply())) as bot:
        forward_to(f"http://127.0.0.1:{bot.port}").send(b"{}", 20.0)

    (heard,) = bot.heard
    assert heard.start == "POST / HTTP/1.1"
    assert "x-telegram-bot-api-secret-token" not in heard.headers


@pytest.mark.parametrize(
    ("said", "body"),
    [
        ([reply(METHOD)], METHOD),
        ([reply()], b""),
        ([reply(status="204 No Content")], b""),
        (
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\nok\r\n0\r\n\r\n"],
            b"ok",
        ),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", reply(b"ok")], b"ok"),
        ([bytes([byte]) for byte in reply(b"ok")], b"ok"),
    ],
    ids=["a body", "no body", "204", "chunks", "after a 100", "byte for byte"],
)
def test_one_connection_is_kept_for_all_updates(
    forward_to: ForwardTo, said: list[bytes], body: bytes
) -> None:
    with Bot(always(*said)) as bot:
        forwarder = forward_to(bot.url)
        answers = [forwarder.send(b"%d" % number, 20.0) for number in range(5)]

    assert [answer.body for answer in answers] == [body] * 5
    assert all(answer.status in {200, 204} for answer in answers)
    assert [heard.body for heard in bot.heard] == [b"0", b"1", b"2", b"3", b"4"]
    assert {heard.connection for heard in bot.heard} == {1}


@pytest.mark.parametrize(
    "said",
    [
        [reply(b"ok", connection="close")],
        [b"HTTP/1.1 200 OK\r\n\r\nok", HANG_UP],
        [b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    ],
    ids=["says so", "has no length", "is old"],
)
def test_a_bot_that_ends_each_connection_hears_each_update_once(
    forward_to: ForwardTo, said: list[bytes]
) -> None:
    with Bot(always(*said)) as bot:
        forwarder = forward_to(bot.url)
        answers = [forwarder.send(b"%d" % number, 20.0) for number in range(3)]

    assert answers == [HttpResponse(200, b"ok")] * 3
    assert [(heard.body, heard.connection) for heard in bot.heard] == [
        (b"0", 1),
        (b"1", 2),
        (b"2", 3),
    ]


def test_each_thread_has_a_connection_of_its_own(forward_to: ForwardTo) -> None:
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


@pytest.mark.parametrize(("size", "status"), [(4 * 1024**2, 200), (4 * 1024**2 + 1, 502)])
def test_a_reply_may_be_as_large_as_a_lambda_s(
    forward_to: ForwardTo, size: int, status: int
) -> None:
    with Bot(always(reply(b"x" * size))) as bot:
        answer = forward_to(bot.url).send(b"{}", 20.0)

    assert answer.status == status
    assert len(answer.body) == (size if status == 200 else 0)
