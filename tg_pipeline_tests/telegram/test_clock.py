"""This machine's clock is compared with Telegram's, by what its responses say anyway."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline.telegram.clock import clock_error, describe_clock
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

NOON = datetime(2026, 10, 7, 12, tzinfo=UTC)
HOUR, POLL = timedelta(hours=1), timedelta(seconds=50)


@pytest.mark.parametrize(
    ("offset", "ahead"),
    [
        (timedelta(0), timedelta(0)),
        (timedelta(seconds=30), timedelta(0)),
        (POLL, timedelta(0)),
        (POLL + HOUR, -HOUR),
        (-HOUR, HOUR),
    ],
)
def test_a_clock_is_right_if_the_response_was_dated_while_it_was_waited_for(
    offset: timedelta, ahead: timedelta
) -> None:
    date = format_datetime(NOON + offset, usegmt=True)

    assert clock_error(NOON, date, NOON + POLL) == ahead


def test_a_machine_that_slept_before_it_read_the_response_has_no_wrong_clock() -> None:
    date = format_datetime(NOON + POLL, usegmt=True)

    assert clock_error(NOON, date, NOON + 8 * HOUR) == timedelta(0)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Wed, 99 Oct 2026 12:00:00 GMT"])
def test_without_a_readable_date_nothing_is_known(date: str | None) -> None:
    assert clock_error(NOON, date, NOON) is None
    assert describe_clock(None) == ""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (timedelta(minutes=4), ""),
        (timedelta(minutes=-6), "This machine's clock is 6 minutes behind Telegram's: set it"),
        (3 * HOUR, "This machine's clock is 3 hours ahead of Telegram's: set it right."),
        (timedelta(days=-4_000), "This machine's clock is 4,000 days behind Telegram's: set it"),
    ],
)
def test_a_clock_that_is_off_is_described_in_a_sentence(error: timedelta, said: str) -> None:
    assert describe_clock(error).startswith(said)
    assert bool(describe_clock(error)) == bool(said)


def test_each_call_compares_the_clocks(api: BotApiClient, telegram: TelegramServer) -> None:
    assert api.clock_error is None

    telegram.set_clock(2 * HOUR)
    api.get_me()

    assert api.clock_error is not None
    assert -2.1 * HOUR < api.clock_error < -1.9 * HOUR
