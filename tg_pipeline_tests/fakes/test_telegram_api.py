"""The fake Bot API behaves as Telegram's: calls, polling, webhooks, messages and planned faults."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.types import BufferedInputFile, Message
from aiohttp import MultipartWriter, web
from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes

from tg_pipeline_tests.fakes.telegram_api.protocol import ApiError
from tg_pipeline_tests.fakes.telegram_api.server import (
    FIRST_UPDATE_ID,
    TelegramServer,
)
from tg_pipeline_tests.fakes.telegram_api.update_queue import Draft
from tg_pipeline_tests.fakes.telegram_api.webhook_delivery import Pace
from tg_pipeline_tests.fakes.webhook_listener import (
    Listener,
    ReceivedRequest,
    responding,
)

SECRET = "a-secret"  # noqa: S105 - of nobody's
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

    with TelegramServer() as telegram, Listener() as listener:
        telegram.set_webhook(listener.url)
        telegram.user_sends(5, "hello")
        telegram.wait_until_delivered()
        assert len(threading.enumerate()) > len(before)

    assert threading.enumerate() == before


def test_the_server_can_stop_while_an_update_is_undelivered() -> None:
    with TelegramServer(pace=1) as telegram:
        telegram.set_webhook(NOWHERE)
        update_id = telegram.user_sends(5, "hello")
        telegram.wait_until(lambda: telegram.last_error == "Connection refused")

    assert telegram.pending == [update_id] == list(telegram.sent)
    with pytest.raises(RuntimeError, match="not running"):
        telegram.user_sends(5, "too late")


def test_a_stopping_server_ends_a_long_poll(pool: ThreadPoolExecutor) -> None:
    with TelegramServer() as telegram:
        url = f"{telegram.url}/bot{telegram.token}/getUpdates?timeout=50"
        waiting = pool.submit(requests.get, url, timeout=10)
        telegram.wait_for_calls("getUpdates")

    assert ids(waiting.result(5)) == []
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)


# Calls and messages


def test_a_wrong_token_is_unauthorized(telegram: TelegramServer) -> None:
    answer = requests.get(f"{telegram.url}/bot7:another/getMe", timeout=10)

    assert answer.status_code == 401
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    assert telegram.calls == []


def test_an_unknown_method_or_path_is_not_found(telegram: TelegramServer, call: Caller) -> None:
    not_found = {"ok": False, "error_code": 404, "description": "Not Found"}

    for answer in (call("getRich"), requests.get(telegram.url, timeout=10)):
        assert (answer.status_code, answer.json()) == (404, not_found)


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


def test_a_body_that_is_not_an_object_is_a_bad_request(telegram: TelegramServer) -> None:
    url = f"{telegram.url}/bot{telegram.token}/getMe"
    answer = requests.post(url, json=["a"], timeout=10)

    assert (answer.status_code, answer.json()["error_code"]) == (400, 400)


def test_a_message_is_kept_as_it_was_sent(telegram: TelegramServer, call: Caller) -> None:
    telegram.user_sends(-100, "anyone there?")
    sent = call(
        "sendMessage",
        chat_id=-100,
        text="*yes*",
        parse_mode="MarkdownV2",
        reply_parameters={"message_id": 1},
    ).json()["result"]

    (message,) = telegram.messages
    assert (message.chat_id, message.text, message.reply_to) == (-100, "yes", 1)
    assert (message.how, message.method, message.message_id) == ("call", "sendMessage", 2)
    assert sent["message_id"] == 2
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 3}]


MARKED = {"chat_id": 5, "parse_mode": "MarkdownV2"}


@pytest.mark.parametrize(
    ("method", "params", "reason"),
    [
        ("sendMessage", {"chat_id": 5, "text": " "}, "message text is empty"),
        ("sendMessage", MARKED | {"text": "**"}, "message text is empty"),
        ("sendMessage", {"text": "a"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": 5, "text": "😀" * 2_049}, "message is too long"),
        ("sendMessage", MARKED | {"text": "\\." * 4_097}, "message is too long"),
        ("sendPhoto", {"chat_id": 5, "caption": "a" * 1_025}, "message caption is too long"),
    ],
)
def test_a_message_that_is_empty_or_too_long_is_rejected(
    telegram: TelegramServer, call: Caller, method: str, params: dict[str, Any], reason: str
) -> None:
    answer = call(method, **params)

    assert (answer.status_code, answer.json()["description"]) == (400, f"Bad Request: {reason}")
    assert telegram.messages == []


def test_commands_are_kept_until_they_are_deleted(call: Caller) -> None:
    commands = [{"command": "start", "description": "begin"}]

    assert call("setMyCommands", commands=commands).json()["result"] is True
    assert call("getMyCommands").json()["result"] == commands
    assert call("deleteMyCommands").json()["result"] is True
    assert call("getMyCommands").json()["result"] == []
    for method in ("answerCallbackQuery", "sendChatAction", "close", "logOut"):
        assert call(method).json() == {"ok": True, "result": True}


# Updates


def test_update_ids_are_consecutive(telegram: TelegramServer) -> None:
    ids = [telegram.user_sends(5, "a"), telegram.push({"poll": {"id": "1"}, "update_id": 3})]
    ids.append(telegram.push({"telepathy": {"thought": "?"}}))

    assert ids == [FIRST_UPDATE_ID, FIRST_UPDATE_ID + 1, FIRST_UPDATE_ID + 2]
    assert telegram.pending == ids == list(telegram.sent)


def test_pushed_bytes_change_only_in_their_id(telegram: TelegramServer) -> None:
    telegram.push(b'{ "update_id" : 9,\r\n"poll": {"text": "\\ud83d \\u0000"} }\n')
    telegram.push(b"\xff not JSON")
    telegram.push(b"[" * 100_000)

    assert list(telegram.sent.values()) == [
        b'{ "update_id" : %d,\r\n"poll": {"text": "\\ud83d \\u0000"} }\n' % FIRST_UPDATE_ID,
        b"\xff not JSON",
        b"[" * 100_000,
    ]


def test_a_users_text_is_a_message(telegram: TelegramServer) -> None:
    telegram.user_sends(5, "first")
    telegram.user_sends(-100, "/start now", user_id=6, reply_to=1, date=1_790_000_000)

    first, second = (json.loads(body)["message"] for body in telegram.sent.values())

    assert (first["message_id"], first["chat"]["type"], first["from"]["id"]) == (1, "private", 5)
    assert (second["message_id"], second["chat"]["type"]) == (1, "supergroup")
    assert (second["from"]["id"], second["date"]) == (6, 1_790_000_000)
    assert second["reply_to_message"]["message_id"] == 1
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


def test_the_lane_of_an_update_is_its_chat_or_its_user_or_itself() -> None:
    chat, user = {"chat": {"id": -3}, "from": {"id": 4}}, {"from": {"id": 4}}
    lanes = [
        Draft.of({"message": chat}).numbered(8).lane,
        Draft.of({"callback_query": user | {"message": chat}}).numbered(8).lane,
        Draft.of({"poll_answer": {"user": {"id": 4}}}).numbered(8).lane,
        Draft.of({"poll": {"id": "1"}}).numbered(8).lane,
        Draft.of(b"\xff").numbered(8).lane,
        Draft.of(b"\xff", chat_id=-3).numbered(8).lane,
    ]

    assert lanes == ["chat -3", "user 4", "user 4", "update 8", "update 8", "chat -3"]


# Polling


def test_an_offset_confirms_all_updates_below_it(telegram: TelegramServer, call: Caller) -> None:
    first, second, third = (telegram.user_sends(5, text) for text in "abc")
    assert second is not None

    assert ids(call("getUpdates", offset=second)) == [second, third]
    assert first not in telegram.pending
    assert ids(call("getUpdates")) == [second, third]


def test_a_limit_is_at_most_100(telegram: TelegramServer, call: Caller) -> None:
    for _ in range(101):
        telegram.push({"poll": {}})

    counts = [len(ids(call("getUpdates", limit=limit))) for limit in (2, 100, 101, 0)]

    assert counts == [2, 100, 100, 1]


def test_a_negative_offset_keeps_that_many_at_the_end(
    telegram: TelegramServer, call: Caller
) -> None:
    for text in "abc":
        telegram.user_sends(5, text)

    assert ids(call("getUpdates", offset=-2)) == [FIRST_UPDATE_ID + 1, FIRST_UPDATE_ID + 2]
    assert len(telegram.pending) == 2


def test_an_offset_far_ahead_confirms_nothing(telegram: TelegramServer, call: Caller) -> None:
    telegram.user_sends(5, "a")

    assert ids(call("getUpdates", offset=FIRST_UPDATE_ID + 1_000)) == [FIRST_UPDATE_ID]


def test_a_long_poll_ends_with_an_update_or_its_timeout(
    telegram: TelegramServer, call: Caller, pool: ThreadPoolExecutor
) -> None:
    assert ids(call("getUpdates", timeout=1)) == []

    waiting = pool.submit(call, "getUpdates", timeout=50)
    telegram.wait_for_calls("getUpdates", 2)
    update_id = telegram.user_sends(5, "hello")

    assert ids(waiting.result(5)) == [update_id]


@pytest.mark.parametrize(
    ("method", "by"),
    [
        (
            "getUpdates",
            "other getUpdates request; make sure that only one bot instance is running",
        ),
        ("setWebhook", "setWebhook request"),
    ],
)
def test_a_long_poll_is_ended_by_another_poll_or_a_webhook(
    telegram: TelegramServer, call: Caller, pool: ThreadPoolExecutor, method: str, by: str
) -> None:
    waiting = pool.submit(call, "getUpdates", timeout=50)
    telegram.wait_for_calls("getUpdates")
    call(method, url=NOWHERE)

    ended = waiting.result(5)
    assert ended.status_code == 409
    assert ended.json()["description"] == f"Conflict: terminated by {by}"


def test_a_bot_with_a_webhook_can_not_poll(telegram: TelegramServer, call: Caller) -> None:
    telegram.set_webhook(NOWHERE)

    rejected = call("getUpdates")

    assert rejected.status_code == 409
    assert rejected.json()["description"] == (
        "Conflict: can't use getUpdates method while webhook is active; "
        "use deleteWebhook to delete the webhook first"
    )
    call("deleteWebhook")
    assert call("getUpdates").status_code == 200


# Webhook settings


def test_a_webhook_can_be_set_shown_and_deleted(telegram: TelegramServer, call: Caller) -> None:
    params = {"url": NOWHERE, "secret_token": "a_Z-9", "allowed_updates": ["poll"]}

    before = call("getWebhookInfo").json()["result"]
    was_set = call("setWebhook", **params).json()
    info = call("getWebhookInfo").json()["result"]
    deleted = [call(method).json()["description"] for method in ["deleteWebhook", "setWebhook"]]

    assert before == {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
    assert was_set == {"ok": True, "result": True, "description": "Webhook was set"}
    assert (info["url"], info["max_connections"]) == (NOWHERE, 40)
    assert info["allowed_updates"] == ["poll"]
    assert telegram.calls[1] == ("setWebhook", params)
    assert deleted == ["Webhook was deleted", "Webhook is already deleted"]
    assert call("getWebhookInfo").json()["result"]["url"] == ""


@pytest.mark.parametrize(
    ("params", "description"),
    [
        ({"url": "ftp://host/a"}, "Bad Request: invalid webhook URL specified"),
        ({"url": "https:///a"}, "Bad Request: invalid webhook URL specified"),
        ({"secret_token": "a" * 257}, "Bad Request: secret token is too long"),
        ({"secret_token": "é"}, "Bad Request: secret token contains unallowed characters"),
    ],
)
def test_an_invalid_webhook_is_rejected(
    telegram: TelegramServer, call: Caller, params: dict[str, Any], description: str
) -> None:
    rejected = call("setWebhook", **({"url": NOWHERE} | params))

    assert rejected.status_code == 400
    assert rejected.json()["description"] == description
    with pytest.raises(ApiError, match=description):
        telegram.set_webhook(**({"url": NOWHERE} | params))


@pytest.mark.parametrize(("asked", "given"), [(0, 1), (7, 7), (1_000, 100), ("no", 40)])
def test_connections_are_bounded(call: Caller, asked: object, given: int) -> None:
    call("setWebhook", url=NOWHERE, max_connections=asked)

    assert call("getWebhookInfo").json()["result"]["max_connections"] == given


def test_allowed_types_stay_until_others_are_set(call: Caller) -> None:
    def allowed() -> Any:
        return call("getWebhookInfo").json()["result"].get("allowed_updates")

    call("setWebhook", url=NOWHERE, allowed_updates=["poll"])
    call("setWebhook", url=NOWHERE + "/other")
    assert allowed() == ["poll"]
    call("setWebhook", url=NOWHERE, allowed_updates=[])
    assert allowed() is None


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


def failed(status: int = 500) -> web.Response:
    return web.Response(status=status, text="broken")


def text_of(received: ReceivedRequest) -> str:
    text: str = json.loads(received.body)["message"]["text"]
    return text


def test_a_webhook_receives_the_exact_bytes_and_the_secret(telegram: TelegramServer) -> None:
    with Listener() as listener:
        telegram.user_sends(5, "before")
        telegram.set_webhook(listener.url, secret_token=SECRET)
        telegram.push(b'{ "update_id" : 9, "message": {"chat": {"id": 5}, "text": "\\ud83d"} }')
        telegram.wait_until_delivered()

    assert listener.bodies == list(telegram.sent.values())
    for received in listener.received:
        assert received.headers["Content-Type"] == "application/json"
        assert received.headers["X-Telegram-Bot-Api-Secret-Token"] == SECRET


def test_without_a_secret_there_is_no_header_and_the_connection_is_reused(
    telegram: TelegramServer,
) -> None:
    with Listener(responding(failed)) as listener:
        telegram.set_webhook(listener.url)
        for text in "abc":
            telegram.user_sends(5, text)
        telegram.wait_until_delivered()

    assert not any("X-Telegram-Bot-Api-Secret-Token" in each.headers for each in listener.received)
    assert len({each.connection for each in listener.received}) == 1


@pytest.mark.parametrize("status", [302, 400, 404, 500, 503])
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


def test_deliveries_are_concurrent_up_to_max_connections(telegram: TelegramServer) -> None:
    active, most = 0, 0

    async def respond(_: ReceivedRequest) -> web.Response:
        nonlocal active, most
        active += 1
        most = max(most, active)
        await asyncio.sleep(0.02)
        active -= 1
        return web.Response()

    with Listener(respond) as listener:
        for chat_id in range(1, 13):
            telegram.user_sends(chat_id, "hello")
        telegram.set_webhook(listener.url, max_connections=3)
        telegram.wait_until_delivered()

    assert most == 3
    assert sorted(listener.bodies) == sorted(telegram.sent.values())


def test_a_delivery_that_times_out_is_repeated() -> None:
    slow = [5.0]

    async def respond(_: ReceivedRequest) -> web.Response:
        await asyncio.sleep(slow.pop() if slow else 0)
        return web.Response()

    with Listener(respond) as listener, TelegramServer(delivery_timeout=0.1) as telegram:
        telegram.set_webhook(listener.url)
        telegram.user_sends(5, "hello")
        telegram.wait_until_delivered()

        assert telegram.last_error == "Read timeout expired"
    assert listener.bodies == list(telegram.sent.values()) * 2


def test_delays_double_from_a_second_to_a_minute_or_are_what_the_listener_asks() -> None:
    half, full = Pace.of(0.5, None), Pace.of(1, None)

    growing = [half.delay(failures, 0) for failures in (1, 2, 3, 6, 7, 8, 10_000)]

    assert growing == [0.5, 1, 2, 16, 30, 30, 30]
    assert [full.delay(4, retry_after) for retry_after in (0, 100, 9_999)] == [8, 100, 3_600]
    assert [Pace.of(scale, None).delivery_timeout for scale in (1, 0.5, 0.01)] == [60, 30, 5]
    assert Pace.of(0.01, 0.1).delivery_timeout == 0.1


def test_a_retry_comes_no_sooner_than_the_listener_asks(telegram: TelegramServer) -> None:
    arrivals: list[float] = []

    def busy() -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "20"})

    accept_later = responding(busy)

    async def respond(received: ReceivedRequest) -> web.Response:
        arrivals.append(time.monotonic())
        return await accept_later(received)

    with Listener(respond) as listener:
        telegram.set_webhook(listener.url)
        telegram.user_sends(5, "hello")
        telegram.wait_until_delivered()

    assert arrivals[1] - arrivals[0] > 0.19


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
        (b'{"method": "getMe"}', 200, 1),
        (b'{"method": "sendMessage", "chat_id": 5, "text": ""}', 200, 1),
        (b'{"method": 5}', 200, 1),
        (b'["sendMessage"]', 200, 1),
        (b"\xff", 200, 1),
        (b"", 200, 1),
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
    assert [method for method, _ in telegram.calls] == ["getMe"] + ["sendMessage"] * 3


def test_a_failure_has_a_description_and_parameters(telegram: TelegramServer, call: Caller) -> None:
    telegram.fail(500)
    telegram.fail(400, description="Bad Request: upgraded", migrate_to_chat_id=-1001)

    by_status, described = call("getMe").json(), call("getMe").json()

    assert by_status["description"] == "Internal Server Error"
    assert described["description"] == "Bad Request: upgraded"
    assert described["parameters"] == {"migrate_to_chat_id": -1001}


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


# Bots of the two most used libraries


async def poll_with_aiogram(telegram: TelegramServer) -> None:
    dispatcher = Dispatcher()

    @dispatcher.message(CommandStart())
    async def greet(message: Message) -> None:
        sent = await message.reply("hi")
        picture = BufferedInputFile(b"a picture", "a.png")
        await message.answer_photo(picture, caption=f"after {sent.message_id}")

    session = AiohttpSession(api=TelegramAPIServer.from_base(telegram.url))
    bot = Bot(telegram.token, session=session)
    polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False))
    await asyncio.to_thread(telegram.wait_for_messages, 2)
    await asyncio.to_thread(telegram.wait_until_delivered)
    await dispatcher.stop_polling()
    await polling


async def poll_with_ptb(telegram: TelegramServer) -> None:
    async def greet(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        sent = await update.message.reply_text("hi", do_quote=True)
        await update.message.reply_photo(b"a picture", caption=f"after {sent.message_id}")

    builder = Application.builder().token(telegram.token).base_url(f"{telegram.url}/bot")
    application: Any = builder.build()
    application.add_handler(CommandHandler("start", greet))
    async with application:
        await application.start()
        await application.updater.start_polling()
        await asyncio.to_thread(telegram.wait_for_messages, 2)
        await asyncio.to_thread(telegram.wait_until_delivered)
        await application.updater.stop()
        await application.stop()


@pytest.mark.parametrize("poll", [poll_with_aiogram, poll_with_ptb])
def test_a_bot_of_a_library_answers_a_user(telegram: TelegramServer, poll: Any) -> None:
    telegram.user_sends(5, "/start")

    asyncio.run(poll(telegram))

    text, photo = telegram.messages
    assert (text.text, text.reply_to, photo.text) == ("hi", 1, "after 2")
    assert photo.file == b"a picture"
