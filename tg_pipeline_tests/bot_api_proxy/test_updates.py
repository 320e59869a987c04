"""A bot gets its updates only when they are stored, and then byte for byte."""

import gzip
import json
import time
from datetime import timedelta
from threading import Thread
from typing import Any

import requests

from tg_pipeline_tests.bot_api_proxy.conftest import NewProxy, wait_until
from tg_pipeline_tests.fakes.processes.proxy_process import ProxyProcess
from tg_pipeline_tests.fakes.telegram_api.server import TOKEN, TelegramServer
from tg_pipeline_tests.lambda_ingest.bot_server import Bot, always, reply

PATH = f"/bot{TOKEN}/getUpdates"
ODD = (
    b'{ "message":\t{"date": %d, "chat": {"id": 5}, "text": "a\\u0000\\ud800" },\n"update_id" : 0 }'
)


def test_updates_are_stored_byte_for_byte_before_the_bot_gets_them(
    proxy: ProxyProcess, telegram: TelegramServer
) -> None:
    # Given updates in unusual JSON, and one of a type that nobody knows
    telegram.push(ODD % int(time.time()))
    telegram.push({"telepathy": {"of": 1}})

    # When a bot polls
    answer = requests.get(f"{proxy.url}{PATH}", timeout=9)

    # Then it gets both, both have landed, and neither is confirmed yet
    assert [each["update_id"] for each in answer.json()["result"]] == list(telegram.sent)
    assert proxy.landed() == telegram.sent
    assert telegram.pending == list(telegram.sent)


def test_if_the_store_fails_the_bot_gets_an_error_and_later_the_updates(
    proxy: ProxyProcess, telegram: TelegramServer
) -> None:
    # Given a landing zone that can't be written to
    proxy.landing.mkdir(exist_ok=True)
    (proxy.landing / "telegram").write_text("not a folder")
    telegram.user_sends(5, "hello")

    # When a bot polls, then it gets a server error, after which any bot polls again
    answer = requests.get(f"{proxy.url}{PATH}", timeout=30)
    assert (answer.status_code, answer.json()["error_code"]) == (500, 500)
    assert "The bot does not get these updates; nothing is lost." in proxy.said()

    # And once the store works, it gets them
    (proxy.landing / "telegram").unlink()
    answer = requests.get(f"{proxy.url}{PATH}", timeout=30)
    assert len(answer.json()["result"]) == 1
    assert proxy.landed() == telegram.sent


def test_a_wrong_clock_stores_nothing_and_the_bot_gets_an_error(
    proxy: ProxyProcess, telegram: TelegramServer
) -> None:
    telegram.set_clock(timedelta(hours=3))
    telegram.user_sends(5, "hello")

    answer = requests.get(f"{proxy.url}{PATH}", timeout=9)

    assert answer.status_code == 500
    assert proxy.landed() == {}
    assert "This machine's clock is 3 hours behind Telegram's" in proxy.said()


def test_errors_of_telegram_are_passed_on(proxy: ProxyProcess, telegram: TelegramServer) -> None:
    telegram.fail(409, method="getUpdates", description="Conflict: terminated by other getUpdates")

    answer = requests.get(f"{proxy.url}{PATH}", timeout=9)

    assert answer.status_code == 409
    assert answer.json()["description"] == "Conflict: terminated by other getUpdates"


def test_a_large_compressed_response_is_stored_and_passed_on(new_proxy: NewProxy) -> None:
    # Given 100 updates of 200 KB, compressed
    now = int(time.time())
    message = {"date": now, "chat": {"id": 5}, "text": "x" * 200_000}
    updates = [{"update_id": number, "message": message} for number in range(1, 101)]
    packed = gzip.compress(json.dumps({"ok": True, "result": updates}).encode())
    with Bot(always(reply(packed, content_encoding="gzip", connection="close"))) as server:
        proxy = new_proxy(f"http://127.0.0.1:{server.port}")

        answer = requests.get(f"{proxy.url}{PATH}", timeout=60, stream=True)

        assert answer.raw.read(decode_content=False) == packed
        assert proxy.landed().keys() == set(range(1, 101))


def test_what_can_not_be_stored_is_not_passed_on(new_proxy: NewProxy) -> None:
    # Given a server whose response some JSON parsers would take
    odd = b'\xef\xbb\xbf{"ok":true,"result":[{"update_id":1}]}'
    with Bot(always(reply(odd, connection="close"))) as server:
        proxy = new_proxy(f"http://127.0.0.1:{server.port}")

        assert requests.get(f"{proxy.url}{PATH}", timeout=9).status_code == 502


def test_a_poll_that_the_bot_gives_up_ends_at_telegram_too(new_proxy: NewProxy) -> None:
    # Given a server that holds a poll
    def hold(_: Any, over: Any) -> list[bytes]:
        over.wait(60)
        return []

    with Bot(hold) as server:
        proxy = new_proxy(f"http://127.0.0.1:{server.port}")
        poll = Thread(target=_give_up, args=(f"{proxy.url}{PATH}?timeout=50",))
        poll.start()
        poll.join()

        # Then the proxy has closed its connection, and it can be stopped at once
        wait_until(lambda: server.is_left(1), proxy)
        assert proxy.stop() == 0


def _give_up(url: str) -> None:
    try:
        requests.get(url, timeout=1)
    except requests.ReadTimeout:
        return
    raise AssertionError
