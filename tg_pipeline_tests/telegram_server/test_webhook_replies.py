"""What a webhook replies is executed, if it is a call that may be made so."""

from collections.abc import Callable

import pytest
from aiohttp import MultipartWriter, web

from tg_pipeline_tests.telegram_server.listener import Listener, replying
from tg_pipeline_tests.telegram_server.server import TelegramServer


def as_json() -> web.Response:
    return web.json_response({"method": "sendMessage", "chat_id": 5, "text": "hi"})


def as_parts() -> web.Response:
    parts = MultipartWriter("form-data")
    for name, value in {"method": "sendMessage", "chat_id": "5", "text": "hi"}.items():
        parts.append(value).set_content_disposition("form-data", name=name)
    return web.Response(body=parts)


@pytest.mark.parametrize("reply", [as_json, as_parts])
def test_a_message_in_a_reply_is_sent(
    telegram: TelegramServer, reply: Callable[[], web.Response]
) -> None:
    with Listener(replying(reply)) as listener:
        telegram.set_webhook(listener.url)
        telegram.user_sends(5, "hello")
        telegram.wait_until_delivered()

    (message,) = telegram.messages
    assert (message.chat_id, message.text, message.how) == (5, "hi", "webhook reply")
    assert telegram.calls == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"method": "setWebhook", "url": ""}',
        b'{"method": "getMe"}',
        b'{"method": "sendMessage", "chat_id": 5, "text": ""}',
        b'{"method": 5}',
        b'["sendMessage"]',
        b"ok",
        b"\xff",
        b"",
    ],
)
def test_any_other_reply_is_taken_for_a_yes(telegram: TelegramServer, body: bytes) -> None:
    def reply() -> web.Response:
        return web.Response(body=body, content_type="application/json")

    with Listener(replying(reply)) as listener:
        telegram.set_webhook(listener.url)
        telegram.user_sends(5, "hello")
        telegram.user_sends(5, "there")
        telegram.wait_until_delivered()

    assert listener.bodies == list(telegram.sent.values())
    assert (telegram.messages, telegram.last_error) == ([], "")


def test_a_reply_to_a_failure_is_not_executed(telegram: TelegramServer) -> None:
    def reply() -> web.Response:
        body = {"method": "sendMessage", "chat_id": 5, "text": "hi"}
        return web.json_response(body, status=500)

    with Listener(replying(reply)) as listener:
        telegram.set_webhook(listener.url)
        telegram.user_sends(5, "hello")
        telegram.wait_until_delivered()

    assert telegram.messages == []
