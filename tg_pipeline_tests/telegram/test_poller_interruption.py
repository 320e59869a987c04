"""A signal cuts a wait short, waits for what is no wait, and is never missed in between."""

import os
import signal
import time
from contextlib import suppress
from threading import Timer

import pytest

from tg_pipeline.telegram.polling import SIGNALS, GracefulShutdown, InterruptedWaitError


def send_later(seconds: float) -> None:
    """Send SIGTERM from a thread, while the test goes on."""
    Timer(seconds, send, [signal.SIGTERM]).start()


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_cuts_a_wait_short(number: int) -> None:
    shutdown, started = GracefulShutdown(), time.monotonic()

    def wait() -> None:
        send(number)
        time.sleep(30)

    with shutdown.on_signals(), pytest.raises(InterruptedWaitError):
        shutdown.interruptible(wait)

    assert time.monotonic() - started < 5
    assert shutdown.is_requested


def test_a_signal_outside_a_wait_is_remembered() -> None:
    shutdown = GracefulShutdown()

    with shutdown.on_signals():
        send(signal.SIGTERM)

    assert shutdown.is_requested


def test_a_wait_after_the_signal_does_not_begin() -> None:
    shutdown, waited = GracefulShutdown(), []
    shutdown.request()

    with pytest.raises(InterruptedWaitError):
        shutdown.interruptible(lambda: waited.append(1))

    assert waited == []


def test_a_wait_that_is_over_gives_what_came_of_it() -> None:
    shutdown = GracefulShutdown()

    assert shutdown.interruptible(lambda: "an answer") == "an answer"
    shutdown.request()


def test_what_is_forgotten_can_come_again() -> None:
    shutdown = GracefulShutdown()
    shutdown.request()
    shutdown.reset()

    assert shutdown.interruptible(lambda: "an answer") == "an answer"
    with pytest.raises(InterruptedWaitError):
        shutdown.interruptible(shutdown.request)


def test_signals_go_where_they_went_before() -> None:
    def handlers() -> list[object]:
        return [signal.getsignal(number) for number in SIGNALS]

    before = handlers()
    with GracefulShutdown().by_signals():
        within = handlers()

    assert handlers() == before
    assert all(old != new for old, new in zip(before, within, strict=True))


def test_signals_at_any_moment_end_a_loop_of_waits_and_work() -> None:
    # Given work that must not be torn apart, between waits
    shutdown, began, ended = GracefulShutdown(), 0, 0

    def work_until_a_signal() -> None:
        nonlocal began, ended
        while not shutdown.is_requested:
            shutdown.interruptible(lambda: time.sleep(0.0001))
            began += 1
            sum(range(200))
            ended += 1

    # When signals come at a hundred different moments
    with shutdown.on_signals():
        for microseconds in range(200, 20_200, 200):
            send_later(microseconds / 1_000_000)
            with suppress(InterruptedWaitError):
                work_until_a_signal()
            shutdown.reset()

    # Then no work was ever left half done
    assert began == ended > 0
