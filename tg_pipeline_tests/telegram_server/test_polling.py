"""A bot that polls gets what waits, and confirms it by asking for what follows."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tg_pipeline_tests.telegram_server.conftest import Caller
from tg_pipeline_tests.telegram_server.server import FIRST_UPDATE_ID, TelegramServer


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as threads:
        yield threads


def ids(answer: requests.Response) -> list[int]:
    return [update["update_id"] for update in answer.json()["result"]]


def test_updates_come_byte_for_byte(telegram: TelegramServer, call: Caller) -> None:
    telegram.user_sends(5, "olá")
    telegram.push(b'{ "update_id" : 9, "poll": {"text": "\\ud83d"} }')

    answer = call("getUpdates")

    bodies = b",\n".join(telegram.sent.values())
    assert answer.content == b'{"ok":true,"result":[' + bodies + b"]}"


def test_an_offset_confirms_what_lies_below_it(telegram: TelegramServer, call: Caller) -> None:
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


def test_an_offset_of_another_numbering_confirms_nothing(
    telegram: TelegramServer, call: Caller
) -> None:
    telegram.user_sends(5, "a")

    assert ids(call("getUpdates", offset=FIRST_UPDATE_ID + 1_000)) == [FIRST_UPDATE_ID]


def test_a_long_poll_ends_when_something_happens(
    telegram: TelegramServer, call: Caller, pool: ThreadPoolExecutor
) -> None:
    waiting = pool.submit(call, "getUpdates", timeout=50)
    telegram.wait_for_calls("getUpdates")
    update_id = telegram.user_sends(5, "hello")

    assert ids(waiting.result(5)) == [update_id]


def test_a_long_poll_ends_empty_when_its_time_is_up(call: Caller) -> None:
    started = time.monotonic()

    assert ids(call("getUpdates", timeout=1)) == []
    assert 0.9 < time.monotonic() - started < 5


def test_a_poll_that_waits_gives_way_to_another(
    telegram: TelegramServer, call: Caller, pool: ThreadPoolExecutor
) -> None:
    waiting = pool.submit(call, "getUpdates", timeout=50)
    telegram.wait_for_calls("getUpdates")
    call("getUpdates")

    ended = waiting.result(5)
    assert ended.status_code == 409
    assert ended.json()["description"] == (
        "Conflict: terminated by other getUpdates request; "
        "make sure that only one bot instance is running"
    )


def test_a_poll_that_waits_gives_way_to_a_webhook(
    telegram: TelegramServer, call: Caller, pool: ThreadPoolExecutor
) -> None:
    waiting = pool.submit(call, "getUpdates", timeout=50)
    telegram.wait_for_calls("getUpdates")
    telegram.set_webhook("http://127.0.0.1:9/hook")

    description = "Conflict: terminated by setWebhook request"
    assert waiting.result(5).json()["description"] == description


def test_no_poll_beside_a_webhook(telegram: TelegramServer, call: Caller) -> None:
    telegram.set_webhook("http://127.0.0.1:9/hook")

    refused = call("getUpdates")

    assert refused.status_code == 409
    assert refused.json()["description"] == (
        "Conflict: can't use getUpdates method while webhook is active; "
        "use deleteWebhook to delete the webhook first"
    )
    call("deleteWebhook")
    assert call("getUpdates").status_code == 200


def test_what_nobody_asks_for_in_a_day_is_lost(telegram: TelegramServer, call: Caller) -> None:
    telegram.user_sends(5, "lost")
    telegram.let_a_day_pass()
    kept = telegram.user_sends(5, "kept")

    assert ids(call("getUpdates")) == [kept]
    assert kept == FIRST_UPDATE_ID + 1


def test_a_server_that_goes_down_lets_go_of_a_poll(pool: ThreadPoolExecutor) -> None:
    with TelegramServer() as telegram:
        url = f"{telegram.url}/bot{telegram.token}/getUpdates?timeout=50"
        waiting = pool.submit(requests.get, url, timeout=10)
        telegram.wait_for_calls("getUpdates")

    assert ids(waiting.result(5)) == []
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)


def test_a_test_that_waits_in_vain_is_told_for_what(telegram: TelegramServer) -> None:
    update_id = telegram.user_sends(5, "hello")

    with pytest.raises(TimeoutError, match=str(update_id)):
        telegram.wait_until_delivered(timeout=0.01)
