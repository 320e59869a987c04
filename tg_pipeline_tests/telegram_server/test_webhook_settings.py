"""A webhook is set as Telegram would have it, or refused."""

from typing import Any

import pytest

from tg_pipeline_tests.telegram_server.answers import ApiError
from tg_pipeline_tests.telegram_server.conftest import Caller
from tg_pipeline_tests.telegram_server.server import TelegramServer

HOOK = "http://127.0.0.1:9/hook"


def test_a_bot_starts_without_a_webhook(call: Caller) -> None:
    info = call("getWebhookInfo").json()["result"]

    assert info == {"url": "", "has_custom_certificate": False, "pending_update_count": 0}


def test_a_webhook_that_is_set_is_told_of(telegram: TelegramServer, call: Caller) -> None:
    params = {"url": HOOK, "secret_token": "a_Z-9", "allowed_updates": ["poll"]}
    said = call("setWebhook", **params)
    info = call("getWebhookInfo").json()["result"]

    assert said.json() == {"ok": True, "result": True, "description": "Webhook was set"}
    assert (info["url"], info["max_connections"]) == (HOOK, 40)
    assert info["allowed_updates"] == ["poll"]
    assert telegram.calls[0] == ("setWebhook", params)


def test_deleting_says_whether_there_was_one(call: Caller) -> None:
    call("setWebhook", url=HOOK)

    said = [call(method).json()["description"] for method in ["deleteWebhook", "setWebhook"]]

    assert said == ["Webhook was deleted", "Webhook is already deleted"]
    assert call("getWebhookInfo").json()["result"]["url"] == ""


@pytest.mark.parametrize(
    ("params", "description"),
    [
        ({"url": "ftp://host/a"}, "Bad Request: invalid webhook URL specified"),
        ({"url": "https:///a"}, "Bad Request: invalid webhook URL specified"),
        ({"secret_token": "a" * 257}, "Bad Request: secret token is too long"),
        ({"secret_token": "é"}, "Bad Request: secret token contains unallowed characters"),
        ({"secret_token": "a b"}, "Bad Request: secret token contains unallowed characters"),
    ],
)
def test_what_telegram_refuses_is_refused(
    telegram: TelegramServer, call: Caller, params: dict[str, Any], description: str
) -> None:
    refused = call("setWebhook", **({"url": HOOK} | params))

    assert refused.status_code == 400
    assert refused.json()["description"] == description
    with pytest.raises(ApiError, match=description):
        telegram.set_webhook(**({"url": HOOK} | params))


@pytest.mark.parametrize(("asked", "given"), [(0, 1), (7, 7), (1_000, 100), ("no", 40)])
def test_connections_are_bounded(call: Caller, asked: object, given: int) -> None:
    call("setWebhook", url=HOOK, max_connections=asked)

    assert call("getWebhookInfo").json()["result"]["max_connections"] == given


def test_types_once_asked_for_stay_until_others_are(call: Caller) -> None:
    def allowed() -> Any:
        return call("getWebhookInfo").json()["result"].get("allowed_updates")

    call("setWebhook", url=HOOK, allowed_updates=["poll"])
    call("setWebhook", url=HOOK + "/other")
    assert allowed() == ["poll"]
    call("setWebhook", url=HOOK, allowed_updates=[])
    assert allowed() is None


@pytest.mark.parametrize("method", ["setWebhook", "deleteWebhook"])
def test_pending_updates_are_dropped_where_that_is_asked_for(
    telegram: TelegramServer, call: Caller, method: str
) -> None:
    telegram.user_sends(5, "old")

    call(method, url=HOOK)
    assert len(telegram.pending) == 1
    call(method, url=HOOK, drop_pending_updates=True)
    assert telegram.pending == []
