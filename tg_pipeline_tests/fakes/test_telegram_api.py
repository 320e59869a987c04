"""The fake Bot API behaves as Telegram's: calls, polling, webhooks, messages and planned faults."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from aiohttp import MultipartWriter, web

from tg_pipeline_tests.fakes.telegram_api.server import FIRST_UPDATE_ID, TelegramServer
from tg_pipeline_tests.fakes.telegram_api.update_queue import Draft
from tg_pipeline_tests.fakes.webhook_listener import Listener, ReceivedRequest, responding

NOWHERE = "http://127.0.0.1:9/hook"

Caller = Callable[..., requests.Response]


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def call(telegram: TelegramServer) -> Iterator[Caller]:
    """Call a method with parameters as JSON."""
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


def test_a_stopping_server_ends_a_long_poll(pool: ThreadPoolExecutor) -> None:
    with TelegramServer() as telegram:
        url = f"{telegram.url}/bot{telegram.token}/getUpdates?timeout=50"
        waiting = pool.submit(requests.get, url, timeout=10)
        telegram.wait_for_calls("getUpdates")

    assert ids(waiting.result(5)) == []


# Calls and messages


def test_a_wrong_token_is_unauthorized(telegram: TelegramServer) -> None:
    answer = requests.get(f"{telegram.url}/bot7:another/getMe", timeout=10)

    assert answer.status_code == 401
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    assert telegram.calls == []


def test_parameters_come_in_the_url_as_a_form_as_json_or_in_parts(telegram: TelegramServer) -> None:
    url = f"{telegram.url}/bot{telegram.token}/sendMessage"
    params = {"chat_id": "5", "text": "olá 😀"}

    for answer in (
        requests.get(url, params=params, timeout=10),
        requests.post(url, data=params, timeout=10),
        requests.post(url, json=params, timeout=10),
        requests.post(url, files={key: (None, value) for key, value in params.items()}, timeout=10),
    ):
        assert answer.json()["result"]["text"] == "olá 😀"

    assert telegram.calls == [("sendMessage", params)] * 4
    assert [message.chat_id for message in telegram.messages] == [5] * 4


def test_a_message_is_kept_as_it_was_sent(telegram: TelegramServer, call: Caller) -> None:
    telegram.user_sends(-100, "anyone there?")
    sent = call("sendMessage", chat_id=-100, text="*yes*", parse_mode="MarkdownV2").json()["result"]

    (message,) = telegram.messages
    assert (message.chat_id, message.text, message.message_id) == (-100, "yes", 2)
    assert (message.how, message.method) == ("call", "sendMessage")
    assert sent["message_id"] == 2
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 3}]


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


# Updates


def test_pushed_bytes_change_only_in_their_id(telegram: TelegramServer) -> None:
    telegram.push(b'{ "update_id" : 9,\r\n"poll": {"text": "\\ud83d \\u0000"} }\n')
    telegram.push(b"\xff not JSON")
    telegram.push(b"[" * 100_000)

    assert telegram.sent == {
        FIRST_UPDATE_ID: b'{ "update_id" : %d,\r\n"poll": {"text": "\\ud83d \\u0000"} }\n'
        % FIRST_UPDATE_ID,
        FIRST_UPDATE_ID + 1: b"\xff not JSON",
        FIRST_UPDATE_ID + 2: b"[" * 100_000,
    }


def test_a_users_text_is_a_message(telegram: TelegramServer) -> None:
    telegram.user_sends(5, "first")
    telegram.user_sends(-100, "/start now", user_id=6)

    first, second = (json.loads(body)["message"] for body in telegram.sent.values())

    assert (first["message_id"], first["chat"]["type"], first["from"]["id"]) == (1, "private", 5)
    assert (second["chat"]["type"], second["from"]["id"]) == ("supergroup", 6)
    assert second["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]


def test_three_types_are_off_until_they_are_allowed(telegram: TelegramServer, call: Caller) -> None:
    reaction = {"message_reaction": {"chat": {"id": 5}}}

    before = telegram.push(reaction)
    call("getUpdates", allowed_updates=["message_reaction"])
    allowed = [telegram.push(reaction), telegram.user_sends(5, "dropped")]
    call("getUpdates")
    kept = telegram.push(reaction)
    call("getUpdates", allowed_updates=[])
    default = [telegram.push(reaction), telegram.user_sends(5, "a")]

    first = FIRST_UPDATE_ID
    assert (before, allowed, kept, default) == (None, [first, None], first + 1, [None, first + 2])


@pytest.mark.parametrize(
    ("update", "lane"),
    [
        ({"message": {"chat": {"id": -3}, "from": {"id": 4}}}, "chat -3"),
        ({"callback_query": {"from": {"id": 4}, "message": {"chat": {"id": -3}}}}, "user 4"),
        ({"poll_answer": {"user": {"id": 4}}}, "user 4"),
        ({"poll": {"id": "1"}}, "update 8"),
        (b"\xff", "update 8"),
    ],
)
def test_the_lane_of_an_update_is_its_chat_or_its_user_or_itself(update: Any, lane: str) -> None:
    assert Draft.of(update).numbered(8).lane == lane


# Polling


def test_an_offset_confirms_all_updates_below_it(telegram: TelegramServer, call: Caller) -> None:
    first, second, third = (telegram.user_sends(5, text) for text in "abc")

    assert ids(call("getUpdates", offset=second)) == [second, third]
    assert first not in telegram.pending
    assert ids(call("getUpdates")) == [second, third]


def test_a_long_poll_ends_with_an_update_or_its_timeout(
    telegram: TelegramServer, call: Caller, pool: ThreadPoolExecutor
) -> None:
    assert ids(call("getUpdates", timeout=1)) == []

    waiting = pool.submit(call, "getUpdates", timeout=50)
    telegram.wait_for_calls("getUpdates", 2)
    update_id = telegram.user_sends(5, "hello")

    assert ids(waiting.result(5)) == [update_id]


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("getUpdates", "other getUpdates request; make sure that only one bot instance is running"),
        ("setWebhook", "setWebhook request"),
    ],
)
def test_a_long_poll_is_ended_by_another_poll_or_a_webhook(
    telegram: TelegramServer, call: Caller, pool: ThreadPoolExecutor, method: str, reason: str
) -> None:
    waiting = pool.submit(call, "getUpdates", timeout=50)
    telegram.wait_for_calls("getUpdates")
    call(method, url=NOWHERE)

    ended = waiting.result(5)
    assert ended.status_code == 409
    assert ended.json()["description"] == f"Conflict: terminated by {reason}"


# Webhook settings


def test_a_webhook_can_be_set_shown_and_deleted(call: Caller) -> None:
    params = {"url": NOWHERE, "secret_token": "a_Z-9", "allowed_updates": ["poll"]}

    before = call("getWebhookInfo").json()["result"]
    was_set = call("setWebhook", **params).json()
    info = call("getWebhookInfo").json()["result"]
    rejected = call("getUpdates")
    deleted = [call(method).json()["description"] for method in ["deleteWebhook", "setWebhook"]]

    assert before == {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
    assert was_set == {"ok": True, "result": True, "description": "Webhook was set"}
    assert (info["url"], info["max_connections"]) == (NOWHERE, 40)
    assert info["allowed_updates"] == ["poll"]
    assert rejected.status_code == 409
    assert "can't use getUpdates method while webhook is active" in rejected.json()["description"]
    assert deleted == ["Webhook was deleted", "Webhook is already deleted"]
    assert call("getWebhookInfo").json()["result"]["url"] == ""


@pytest.mark.parametrize("method", ["setWebhook", "deleteWebhook"])
def test_pending_updates_are_dropped_on_request(
    telegram: TelegramServer, call: Caller, method: str
) -> None:
    telegram.user_sends(5, "old")

    call(method, url=NOWHERE)
    assert len(telegram.pending) == 1
    call(method, url=NOWHERE, drop_pending_updates=True)
    assert telegram.pending == []


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


SENDING = b'{"method": "sendMessage", "chat_id": 5, "text": "hi"}'


@pytest.mark.parametrize(
    ("body", "status", "attempts"),
    [
        (b'{"method": "setWebhook", "url": ""}', 200, 1),
        (b'{"method": "sendMessage", "chat_id": 5, "text": ""}', 200, 1),
        (b'["sendMessage"]', 200, 1),
        (b"\xff", 200, 1),
        (SENDING, 500, 2),
    ],
)
def test_any_other_response_executes_nothing(
    telegram: TelegramServer, body: bytes, status: int, attempts: int
) -> None:
    def response() -> web.Response:
        return web.Response(body=body, status=status, content_type="application/json")

    with Listener(responding(response)) as listener:
        telegram.set_webhook(listener.url)
        telegram.user_sends(5, "hello")
        telegram.wait_until_delivered()

    assert listener.bodies == list(telegram.sent.values()) * attempts
    assert telegram.messages == []


# Planned faults


def test_a_fault_applies_to_its_method_as_often_as_planned(
    telegram: TelegramServer, call: Caller
) -> None:
    telegram.fail(502, method="sendMessage", times=2)

    statuses = [call("getMe").status_code]
    statuses += [call("sendMessage", chat_id=5, text="a").status_code for _ in range(3)]

    assert statuses == [200, 502, 502, 200]
    assert [message.text for message in telegram.messages] == ["a"]


def test_a_connection_can_drop_before_or_after_the_call_is_executed(
    telegram: TelegramServer, call: Caller
) -> None:
    telegram.hang_up()
    telegram.lose_answers(method="sendMessage")

    for text in ("lost", "executed"):
        with pytest.raises(requests.ConnectionError):
            call("sendMessage", chat_id=5, text=text)

    assert [message.text for message in telegram.messages] == ["executed"]
    assert len(telegram.calls) == 2
