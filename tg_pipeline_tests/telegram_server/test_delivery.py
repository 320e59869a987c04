"""A webhook gets every update until it takes it: a chat's in order, the chats side by side."""

import asyncio
import json

import pytest
from aiohttp import web

from tg_pipeline_tests.telegram_server.conftest import Caller
from tg_pipeline_tests.telegram_server.listener import Brought, Listener, replying
from tg_pipeline_tests.telegram_server.server import TelegramServer

SECRET = "a-secret"  # noqa: S105 - of nobody's


def failed(status: int = 500) -> web.Response:
    return web.Response(status=status, text="broken")


def text_of(brought: Brought) -> str:
    text: str = json.loads(brought.body)["message"]["text"]
    return text


def test_a_webhook_gets_the_bytes_that_were_rendered(telegram: TelegramServer) -> None:
    with Listener() as listener:
        telegram.user_sends(5, "before")
        telegram.set_webhook(listener.url, secret_token=SECRET)
        telegram.push(b'{ "update_id" : 9, "message": {"chat": {"id": 5}, "text": "\\ud83d"} }')
        telegram.wait_until_delivered()

    assert listener.bodies == list(telegram.sent.values())
    for brought in listener.brought:
        assert brought.headers["Content-Type"] == "application/json"
        assert brought.headers["X-Telegram-Bot-Api-Secret-Token"] == SECRET


def test_without_a_secret_there_is_no_header_and_one_connection_serves_on(
    telegram: TelegramServer,
) -> None:
    with Listener(replying(failed)) as listener:
        telegram.set_webhook(listener.url)
        for text in "abc":
            telegram.user_sends(5, text)
        telegram.wait_until_delivered()

    assert not any("X-Telegram-Bot-Api-Secret-Token" in each.headers for each in listener.brought)
    assert len({each.connection for each in listener.brought}) == 1


@pytest.mark.parametrize("status", [302, 400, 404, 500, 503])
def test_only_2xx_is_success_and_the_rest_of_the_chat_waits(
    telegram: TelegramServer, status: int
) -> None:
    def elsewhere() -> web.Response:
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    with Listener(replying(elsewhere, elsewhere)) as listener:
        telegram.set_webhook(listener.url)
        telegram.user_sends(5, "first")
        telegram.user_sends(5, "second")
        telegram.wait_until_delivered()

    assert [text_of(each) for each in listener.brought] == ["first"] * 3 + ["second"]


def test_a_chat_that_fails_holds_up_no_other(telegram: TelegramServer) -> None:
    async def reply(brought: Brought) -> web.Response:
        return web.Response(status=500 if text_of(brought) == "bad" else 204)

    with Listener(reply) as listener:
        telegram.set_webhook(listener.url, max_connections=1)
        bad, behind = telegram.user_sends(5, "bad"), telegram.user_sends(5, "behind")
        good = telegram.user_sends(6, "good")
        telegram.wait_until(lambda: good not in telegram.pending)

        assert telegram.pending == [bad, behind]


def test_so_many_at_once_and_no_more(telegram: TelegramServer) -> None:
    under_way, most = 0, 0

    async def reply(_: Brought) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        return web.Response()

    with Listener(reply) as listener:
        for chat_id in range(1, 13):
            telegram.user_sends(chat_id, "hello")
        telegram.set_webhook(listener.url, max_connections=3)
        telegram.wait_until_delivered()

    assert most == 3
    assert sorted(listener.bodies) == sorted(telegram.sent.values())


def test_what_went_wrong_last_is_told(telegram: TelegramServer, call: Caller) -> None:
    with Listener(replying(failed)) as listener:
        telegram.set_webhook(listener.url)
        telegram.user_sends(5, "hello")
        telegram.wait_until_delivered()
        info = call("getWebhookInfo").json()["result"]

    message = "Wrong response from the webhook: 500 Internal Server Error"
    assert info["last_error_message"] == message
    assert info["last_error_date"] > 0
    assert info["pending_update_count"] == 0


def test_a_closed_door_is_connection_refused(telegram: TelegramServer) -> None:
    with Listener() as listener:
        pass
    telegram.set_webhook(listener.url)
    telegram.user_sends(5, "hello")

    telegram.wait_until(lambda: telegram.last_error == "Connection refused")


def test_a_listener_that_takes_too_long_is_asked_again() -> None:
    slow = [5.0]

    async def reply(_: Brought) -> web.Response:
        await asyncio.sleep(slow.pop() if slow else 0)
        return web.Response()

    with (
        Listener(reply) as listener,
        TelegramServer(delivery_timeout=0.1) as telegram,
    ):
        telegram.set_webhook(listener.url)
        telegram.user_sends(5, "hello")
        telegram.wait_until_delivered()

        assert telegram.last_error == "Read timeout expired"
    assert listener.bodies == list(telegram.sent.values()) * 2


def test_a_webhook_set_anew_gets_what_the_one_before_left(telegram: TelegramServer) -> None:
    async def refuse(_: Brought) -> web.Response:
        return failed(503)

    with Listener(refuse) as first, Listener() as second:
        telegram.set_webhook(first.url)
        telegram.user_sends(5, "hello")
        telegram.wait_until(lambda: bool(telegram.last_error))
        telegram.set_webhook(second.url)
        telegram.wait_until_delivered()

    assert second.bodies == list(telegram.sent.values())
