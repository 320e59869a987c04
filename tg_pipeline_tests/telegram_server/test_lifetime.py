"""A server lives while it is entered, and leaves nothing behind but what it saw."""

import threading

import pytest

from tg_pipeline_tests.telegram_server.listener import Listener
from tg_pipeline_tests.telegram_server.server import FIRST_UPDATE_ID, TelegramServer

OTHER_TOKEN = "8:of-another"  # noqa: S105 - it opens nothing


def test_no_thread_outlives_it() -> None:
    before = threading.enumerate()

    with TelegramServer() as telegram, Listener() as listener:
        telegram.set_webhook(listener.url)
        telegram.user_sends(5, "hello")
        telegram.wait_until_delivered()
        assert len(threading.enumerate()) > len(before)

    assert threading.enumerate() == before


def test_it_may_end_with_an_update_on_its_way() -> None:
    with Listener() as listener:
        pass
    with TelegramServer(pace=1) as telegram:
        telegram.set_webhook(listener.url)
        update_id = telegram.user_sends(5, "hello")
        telegram.wait_until(lambda: bool(telegram.last_error))

    assert telegram.pending == [update_id] == list(telegram.sent)


def test_it_does_nothing_before_and_after() -> None:
    telegram = TelegramServer()

    with pytest.raises(RuntimeError, match="not running"):
        telegram.user_sends(5, "too early")
    with telegram:
        telegram.user_sends(5, "hello")
    with pytest.raises(RuntimeError, match="not running"):
        telegram.user_sends(5, "too late")


def test_two_bots_have_a_server_and_a_numbering_each() -> None:
    with TelegramServer() as one, TelegramServer(OTHER_TOKEN, first_update_id=9) as other:
        one.user_sends(5, "hello")
        other.user_sends(5, "hello")

        assert one.url != other.url
        assert (one.pending, other.pending) == ([FIRST_UPDATE_ID], [9])
