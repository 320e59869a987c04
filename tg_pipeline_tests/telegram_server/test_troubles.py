"""What a test plans to go wrong goes wrong, so often, and then no more."""

import pytest
import requests

from tg_pipeline_tests.telegram_server.conftest import Caller
from tg_pipeline_tests.telegram_server.server import NOT_JSON, TelegramServer


def test_a_flood_says_how_long_to_wait(telegram: TelegramServer, call: Caller) -> None:
    telegram.flood(3)

    refused, answered = call("getMe"), call("getMe")

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "3"
    assert refused.json() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 3",
        "parameters": {"retry_after": 3},
    }
    assert answered.status_code == 200


def test_a_trouble_waits_for_its_method(telegram: TelegramServer, call: Caller) -> None:
    telegram.fail(502, method="sendMessage", times=2)

    statuses = [call("getMe").status_code]
    statuses += [call("sendMessage", chat_id=5, text="a").status_code for _ in range(3)]

    assert statuses == [200, 502, 502, 200]
    assert [message.text for message in telegram.messages] == ["a"]
    assert [method for method, _ in telegram.calls] == ["getMe"] + ["sendMessage"] * 3


def test_a_failure_is_named_by_its_status_or_by_the_test(
    telegram: TelegramServer, call: Caller
) -> None:
    telegram.fail(500)
    telegram.fail(403, description="Forbidden: bot was blocked by the user")

    descriptions = [call("getMe").json()["description"] for _ in range(2)]

    assert descriptions == ["Internal Server Error", "Forbidden: bot was blocked by the user"]


def test_a_connection_drops(telegram: TelegramServer, call: Caller) -> None:
    telegram.hang_up(times=2)

    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            call("getMe")
    assert call("getMe").status_code == 200
    assert len(telegram.calls) == 3


def test_an_answer_need_not_be_json(telegram: TelegramServer, call: Caller) -> None:
    telegram.answer_with()
    telegram.answer_with(b'{"ok":', status=502)

    first, second = call("getMe"), call("getMe")

    assert (first.status_code, first.content) == (200, NOT_JSON)
    assert (second.status_code, second.content) == (502, b'{"ok":')


def test_a_refusal_may_say_what_to_do(telegram: TelegramServer, call: Caller) -> None:
    telegram.fail(400, description="Bad Request: upgraded", migrate_to_chat_id=-1001)

    assert call("getMe").json()["parameters"] == {"migrate_to_chat_id": -1001}


def test_a_call_is_done_and_its_answer_lost(telegram: TelegramServer, call: Caller) -> None:
    telegram.lose_answers(method="sendMessage")

    with pytest.raises(requests.ConnectionError):
        call("sendMessage", chat_id=5, text="there")
    assert [message.text for message in telegram.messages] == ["there"]
