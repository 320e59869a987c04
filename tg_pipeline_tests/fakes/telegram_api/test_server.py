"""The fake Bot API behaves as Telegram's: its limits, long polls and webhooks."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from aiohttp import MultipartWriter, web

from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.fakes.webhook_listener import Listener, ReceivedRequest, responding

NOWHERE = "http://127.0.0.1:9/hook"

Caller = Callable[..., requests.Response]


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def call(telegram: TelegramServer) -> Iterator[Caller]:
    with requests.Session() as session:

        def called(method: str, **params: Any) -> requests.Response:
            url = f"{telegram.url}/bot{telegram.token}/{method}"
            return session.post(url, json=params, timeout=10)

        yield called


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as threads:
        yield threads


def ids(answer: requests.Response) -> list[int]:
    return [update["update_id"] for update in answer.json()["result"]]


# Lifetime


def test_no_thread_outlives_the_server() -> None:
    before = threading.enumerate()

    with TelegramServer() as telegram:
        telegram.set_webhook(NOWHERE)
        update_id = telegram.user_sends(5, "hello")
        telegram.wait_until(lambda: telegram.last_error == "Connection refused")

    assert threading.enumerate() == before
    assert telegram.pending == [update_id] == list(telegram.sent)


# Messages

MARKED = {"chat_id": 5, "parse_mode": "MarkdownV2"}


@pytest.mark.parametrize(
    ("method", "params", "reason"),
    [
        ("sendMessage", MARKED | {"text": "**"}, "message text is empty"),
        ("sendMessage", {"text": "a"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": 5, "text": "😀" * 2_049}, "message is too long"),
        ("sendPhoto", {"chat_id": 5, "caption": "a" * 1_025}, "message caption is too long"),
    ],
)
def test_a_message_that_is_empty_or_too_long_is_rejected(
    telegram: TelegramServer, call: Caller, method: str, params: dict[str, Any], reason: str
) -> None:
    answer = call(method, **params)

    assert (answer.status_code, answer.json()["description"]) == (400, f"Bad Request: {reason}")
    assert telegram.messages == []


# Polling


def test_a_long_poll_ends_with_an_update_or_its_timeout(
    telegram: TelegramServer, call: Caller, pool: ThreadPoolExecutor
) -> None:
    assert ids(call("getUpdates", timeout=1)) == []

    waiting = pool.submit(call, "getUpdates", timeout=50)
    telegram.wait_for_calls("getUpdates", 2)
    update_id = telegram.user_sends(5, "hello")

    assert ids(waiting.result(5)) == [update_id]


# Webhook delivery


def text_of(received: ReceivedRequest) -> str:
    text: str = json.loads(received.body)["message"]["text"]
    return text


@pytest.mark.parametrize("secret", ["a-secret", ""])
def test_a_webhook_receives_the_exact_bytes_and_the_secret(
    telegram: TelegramServer, secret: str
) -> None:
    with Listener() as listener:
        telegram.user_sends(5, "before")
        telegram.set_webhook(listener.url, secret_token=secret)
        telegram.push(b'{ "update_id" : 9, "message": {"chat": {"id": 5}, "text": "\\ud83d"} }')
        telegram.wait_until_delivered()

    assert listener.bodies == list(telegram.sent.values())
    for received in listener.received:
        assert received.headers["Content-Type"] == "application/json"
        assert received.headers.get("X-Telegram-Bot-Api-Secret-Token", "") == secret


@pytest.mark.parametrize("status", [302, 403, 500])
def test_only_2xx_is_success_and_the_rest_of_the_chat_waits(
    telegram: TelegramServer, status: int
) -> None:
    def elsewhere() -> web.Response:
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    with Listener(responding(elsewhere, elsewhere)) as listener:
        telegram.set_webhook(listener.url)
        telegram.user_sends(5, "first")
        telegram.user_sends(5, "second")
        telegram.wait_until_delivered()

    assert [text_of(each) for each in listener.received] == ["first"] * 3 + ["second"]


def test_a_chat_that_fails_delays_no_other(telegram: TelegramServer) -> None:
    async def respond(received: ReceivedRequest) -> web.Response:
        return web.Response(status=500 if text_of(received) == "bad" else 204)

    with Listener(respond) as listener:
        telegram.set_webhook(listener.url, max_connections=1)
        bad, after = telegram.user_sends(5, "bad"), telegram.user_sends(5, "after")
        good = telegram.user_sends(6, "good")
        telegram.wait_until(lambda: good not in telegram.pending)

        assert telegram.pending == [bad, after]


# Calls in a webhook's response


def as_json() -> web.Response:
    return web.json_response({"method": "sendMessage", "chat_id": 5, "text": "hi"})


def as_parts() -> web.Response:
    parts = MultipartWriter("form-data")
    for name, value in {"method": "sendMessage", "chat_id": "5", "text": "hi"}.items():
        parts.append(value).set_content_disposition("form-data", name=name)
    return web.Response(body=parts)


@pytest.mark.parametrize("response", [as_json, as_parts])
def test_a_message_in_a_response_is_sent(
    telegram: TelegramServer, response: Callable[[], web.Response]
) -> None:
    with Listener(responding(response)) as listener:
        telegram.set_webhook(listener.url)
        telegram.user_sends(5, "hello")
        telegram.wait_until_delivered()

    (message,) = telegram.messages
    assert (message.chat_id, message.text, message.how) == (5, "hi", "webhook reply")
    assert telegram.calls == []
