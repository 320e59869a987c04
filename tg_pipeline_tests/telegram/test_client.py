"""What is asked of the Bot API, and what comes of its answers."""

import json
import re

import pytest

from lambda_ingest.settings import Secret
from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline.telegram.errors import TokenRefusedError, UnreadableResponseError
from tg_pipeline.telegram.models import SENT_ONLY_IF_NAMED, UPDATE_TYPES, BotInfo
from tg_pipeline.telegram.webhooks import WebhookRequest
from tg_pipeline_tests.fakes.telegram_api.protocol import Upload
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

SECRET = Secret("a-secret")


def request(**more: object) -> WebhookRequest:
    asked = {
        "url": "http://127.0.0.1:9/telegram",
        "secret_token": SECRET,
        "max_connections": 7,
        "allowed_updates": ("message", "poll"),
    }
    return WebhookRequest(**(asked | more))  # type: ignore[arg-type]


def test_a_bot_says_who_it_is(api: BotApiClient) -> None:
    assert api.get_me() == BotInfo(
        id=7, first_name="Bot 7", username="test_7_bot", can_join_groups=True
    )


def test_without_a_webhook_there_is_no_url(api: BotApiClient, telegram: TelegramServer) -> None:
    telegram.user_sends(5, "waits")

    info = api.get_webhook_info()

    assert (info.url, info.pending_update_count, info.allowed_updates) == ("", 1, None)


def test_what_is_set_is_what_telegram_has(api: BotApiClient, telegram: TelegramServer) -> None:
    api.set_webhook(request())

    (asked,) = (call.params for call in telegram.calls if call.method == "setWebhook")
    info = api.get_webhook_info()
    assert asked["secret_token"] == SECRET.reveal()
    assert info.url == "http://127.0.0.1:9/telegram"
    assert (info.max_connections, info.allowed_updates) == (7, ["message", "poll"])


def test_a_certificate_is_uploaded_beside_the_rest(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    api.set_webhook(request(certificate=b"a PEM", drop_pending_updates=True))

    (call,) = telegram.calls
    assert call.params["certificate"] == Upload("certificate.pem", b"a PEM")
    assert json.loads(call.params["allowed_updates"]) == ["message", "poll"]
    assert (call.params["max_connections"], call.params["drop_pending_updates"]) == ("7", "true")


def test_a_webhook_is_deleted_with_what_waits_or_without(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    telegram.user_sends(5, "a")

    api.delete_webhook()
    assert len(telegram.pending) == 1
    api.delete_webhook(drop_pending=True)
    assert telegram.pending == []


def test_updates_come_as_they_are_written(api: BotApiClient, telegram: TelegramServer) -> None:
    strange = [
        b'{ "update_id" :\t1 , "message": {"text": "ol\\u00e1 \\ud83d\\ude00 \\/"} }',
        rb'{"update_id":1,"message":{"text":"half a pair \ud800"}}',
        b'{"update_id":1,"message":{"id":98765432109876543210987654321,"n":1.50e+10}}',
        '{"update_id":1,"poll":{"question":"é 😀 ]}\\","}}'.encode(),
    ]
    for update in strange:
        telegram.push(update)
    telegram.user_sends(5, "plain")

    got = api.get_updates(offset=None, limit=100, seconds=0)

    assert got == list(telegram.sent.values())
    assert [re.sub(rb"\d{9}", b"1", body, count=1) for body in got[:4]] == strange


def test_all_types_are_asked_for(api: BotApiClient, telegram: TelegramServer) -> None:
    api.get_updates(offset=5, limit=100, seconds=0)

    (call,) = telegram.calls
    assert call.params == {
        "offset": 5,
        "limit": 100,
        "timeout": 0,
        "allowed_updates": list(UPDATE_TYPES),
    }
    assert telegram.push({"message_reaction": {}}) is not None


def test_there_are_27_types_and_three_that_must_be_named() -> None:
    assert len(set(UPDATE_TYPES)) == 27
    assert set(SENT_ONLY_IF_NAMED) < set(UPDATE_TYPES)


def test_half_a_surrogate_pair_in_a_name_is_no_reason_to_fail(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    telegram.answer_with(rb'{"ok":true,"result":{"id":7,"first_name":"cut \ud83d"}}')

    assert api.get_me().first_name == "cut \ufffd"


@pytest.mark.parametrize(
    "body",
    [
        b'{"ok":true,"result":{"id":"seven"}}',
        b'{"ok":true,"result":[]}',
        b'{"ok":true,"result":{"first_name":"\xff"}}',
    ],
)
def test_an_answer_of_another_shape_is_told(
    api: BotApiClient, telegram: TelegramServer, body: bytes
) -> None:
    telegram.answer_with(body)

    with pytest.raises(UnreadableResponseError, match="gives a BotInfo that can't be read"):
        api.get_me()


@pytest.mark.parametrize("result", [b"{}", b"null", b"true", b'"[]"'])
def test_updates_that_are_no_list_are_told(
    api: BotApiClient, telegram: TelegramServer, result: bytes
) -> None:
    telegram.answer_with(b'{"ok":true,"result":' + result + b"}")

    with pytest.raises(UnreadableResponseError, match="gives a getUpdates that can't be read"):
        api.get_updates(offset=None, limit=100, seconds=0)


@pytest.mark.parametrize("token", ["7:with a blank", "7:line\n", "7:../getMe", "7:", "no colon"])
def test_what_can_be_no_token_is_not_sent(token: str) -> None:
    with pytest.raises(TokenRefusedError, match="holds a character that no token has"):
        BotApiClient(Secret(token), "http://127.0.0.1:9")
