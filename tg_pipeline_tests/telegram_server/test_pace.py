"""The waits between attempts are Telegram's, at the pace of a test."""

import time

from aiohttp import web

from tg_pipeline_tests.telegram_server.listener import Brought, Listener, replying
from tg_pipeline_tests.telegram_server.pace import Pace
from tg_pipeline_tests.telegram_server.server import TelegramServer


def test_a_wait_doubles_from_a_second_to_a_minute() -> None:
    pace = Pace.of(0.5, None)

    waits = [pace.delay(failures, 0) for failures in (1, 2, 3, 6, 7, 8, 10_000)]

    assert waits == [0.5, 1, 2, 16, 30, 30, 30]


def test_a_listener_may_ask_to_be_spared_up_to_an_hour() -> None:
    pace = Pace.of(1, None)

    assert [pace.delay(4, asked) for asked in (0, 100, 9_999)] == [8, 100, 3_600]


def test_a_delivery_has_a_minute_or_as_long_as_a_test_says() -> None:
    assert [Pace.of(scale, None).delivery_timeout for scale in (1, 0.5, 0.01)] == [60, 30, 5]
    assert Pace.of(0.01, 0.1).delivery_timeout == 0.1


def test_a_retry_comes_no_sooner_than_asked(telegram: TelegramServer) -> None:
    arrivals: list[float] = []

    def busy() -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "20"})

    accept_later = replying(busy)

    async def reply(brought: Brought) -> web.Response:
        arrivals.append(time.monotonic())
        return await accept_later(brought)

    with Listener(reply) as listener:
        telegram.set_webhook(listener.url)
        telegram.user_sends(5, "hello")
        telegram.wait_until_delivered()

    assert arrivals[1] - arrivals[0] > 0.19
