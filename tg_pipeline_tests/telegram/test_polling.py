"""A poll confirms only what is stored; failures are retried, and signals end it gracefully."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count
from threading import Timer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.telegram.errors import (
    ConflictingPollerError,
    NoResponseError,
    ServerFailedError,
    TelegramError,
    TooManyRequestsError,
    WebhookIsSetError,
)
from tg_pipeline.telegram.polling import (
    SIGNALS,
    GracefulShutdown,
    InterruptedWaitError,
    NothingConfirmedError,
    NotStoredError,
    Poller,
    next_offset,
    update_id_of,
)
from tg_pipeline_tests.telegram.scene import Scene, Step, fails, succeeds, update

OFFLINE = NoResponseError("No connection.")
DISK_FULL = NotStoredError("No space left.")
RATE_LIMIT = TooManyRequestsError("Slow down.", 17)


# Store, then confirm


def test_updates_are_stored_in_order_and_then_confirmed() -> None:
    scene = Scene()
    scene.push(*range(5, 255))

    scene.poller.run()

    assert scene.stored == [update(each) for each in range(5, 255)]
    assert scene.calls == [
        (None, 100, 50),
        (105, 100, 50),
        (205, 100, 50),
        (255, 100, 50),
        (255, 1, 0),
    ]
    assert scene.pending == {}


def test_updates_that_could_not_be_stored_are_fetched_again() -> None:
    scene = Scene(on_store=[fails(DISK_FULL), succeeds, fails(DISK_FULL)])
    scene.push(*range(1, 151))

    scene.poller.run()

    assert [offset for offset, _, _ in scene.calls[:5]] == [None, None, 101, 101, 151]
    assert scene.stored == [update(each) for each in range(1, 151)]
    assert scene.logged[0] == "No space left. Trying again in 1 s; nothing is lost."


@pytest.mark.parametrize(
    ("on_request", "slept"),
    [
        (
            [*[fails(OFFLINE)] * 8, succeeds, fails(OFFLINE)],
            [1, 2, 4, 8, 16, 32, 60, 60, 1],
        ),
        ([fails(RATE_LIMIT), fails(OFFLINE), fails(RATE_LIMIT)], [17, 1, 17]),
    ],
    ids=["doubling up to a minute, until a success", "as long as Telegram asks"],
)
def test_failed_calls_are_repeated_after_a_pause(on_request: list[Step], slept: list[int]) -> None:
    scene = Scene(on_request=on_request)
    scene.push(5)

    scene.poller.run()

    assert scene.slept == slept


@pytest.mark.parametrize(
    "error", [WebhookIsSetError("Webhook."), ConflictingPollerError("Another.")]
)
def test_a_permanent_error_ends_polling(error: TelegramError) -> None:
    scene = Scene(on_request=[succeeds, fails(error)])
    scene.push(5)

    with pytest.raises(type(error)):
        scene.poller.run()

    assert scene.stored == [update(5)]
    assert scene.slept == []


def test_an_update_that_can_not_be_confirmed_is_retried_until_another_one_comes() -> None:
    # Given only an update without an id, and no offset yet to count from
    scene = Scene()
    scene.pending = {5: b"null"}
    scene.on_sleep = [succeeds, succeeds, lambda: scene.push(6)]

    # When it polls
    scene.poller.run()

    # Then it is stored, the pauses grow, and the next update's id confirms both
    assert set(scene.stored) == {b"null", update(6)}
    assert scene.slept == [1, 2, 4]
    assert "Telegram returned 1 update without a usable id, which can't be" in scene.logged[0]
    assert scene.pending == {}


@settings(max_examples=60)
@given(
    pushes=st.lists(st.integers(0, 250), max_size=8),
    on_request=st.lists(
        st.sampled_from(
            [
                succeeds,
                *map(fails, [OFFLINE, ServerFailedError("It failed."), RATE_LIMIT]),
            ]
        ),
        max_size=12,
    ),
    on_response=st.lists(st.sampled_from([succeeds, fails(OFFLINE)]), max_size=12),
    on_store=st.lists(st.sampled_from([succeeds, fails(DISK_FULL)]), max_size=12),
    without_id=st.sets(st.integers(2, 400)),
)
def test_whatever_fails_every_update_is_stored_before_it_is_confirmed(
    pushes: list[int],
    on_request: list[Step],
    on_response: list[Step],
    on_store: list[Step],
    without_id: set[int],
) -> None:
    # Given updates that arrive while calls, their responses and the store fail
    scene, ids = Scene(on_response=on_response, on_store=on_store), count(1)
    sent: list[bytes] = []

    def push(how_many: int) -> None:
        for update_id in [next(ids) for _ in range(how_many)]:
            scene.push(update_id)
            if update_id in without_id:
                scene.pending[update_id] = b'{"no id, but": %d}' % update_id
            sent.append(scene.pending[update_id])

    scene.on_request = [partial(push, how_many) for how_many in [1, *pushes]]
    scene.on_request += on_request

    # When it polls until a shutdown (each confirmation checks that the update is stored)
    scene.poller.run()

    # Then all of them are stored, and none is pending
    assert set(scene.stored) == set(sent)
    assert scene.pending == {}


# Once


def test_once_takes_the_pending_updates_and_confirms_them() -> None:
    scene = Scene()
    scene.push(*range(5, 155))

    scene.poller.run_once()

    assert len(scene.stored) == 150
    assert scene.calls == [(None, 100, 0), (105, 100, 0), (155, 100, 0)]
    assert scene.pending == {}


def test_once_raises_any_failure_without_a_retry() -> None:
    scene = Scene(on_request=[fails(RATE_LIMIT)], on_store=[fails(DISK_FULL)])
    scene.pending = {5: b"null"}

    for error in (TooManyRequestsError, NotStoredError, NothingConfirmedError):
        with pytest.raises(error):
            scene.poller.run_once()

    assert scene.slept == []


# Shutdown of a poller


@pytest.mark.parametrize(
    ("run", "calls"),
    [
        (Poller.run, [(None, 100, 50), (101, 1, 0)]),
        (Poller.run_once, [(None, 100, 0), (101, 1, 0)]),
    ],
)
def test_updates_that_are_being_stored_when_a_signal_comes_are_stored_and_confirmed(
    run: Callable[[Poller], None], calls: list[tuple[int | None, int, int]]
) -> None:
    scene = Scene()
    scene.push(*range(1, 301))
    scene.on_store = [scene.shutdown.request]

    run(scene.poller)

    assert scene.stored == [update(each) for each in range(1, 101)]
    assert scene.calls == calls
    assert min(scene.pending) == 101


def test_a_signal_ends_a_pause() -> None:
    scene = Scene(on_request=[fails(OFFLINE)])
    scene.on_sleep = [scene.shutdown.request]

    scene.poller.run()

    assert scene.slept == [1]
    assert len(scene.calls) == 1


@pytest.mark.parametrize("problem", [OFFLINE, ConflictingPollerError("Another."), "a signal"])
def test_a_failed_last_confirmation_only_costs_a_repetition(problem: Exception | str) -> None:
    scene = Scene()
    scene.push(5)
    scene.on_store = [scene.shutdown.request]
    interrupt = scene.shutdown.request if isinstance(problem, str) else fails(problem)
    scene.on_request = [succeeds, interrupt]

    scene.poller.run()

    (line,) = scene.logged
    assert "could not be confirmed, so Telegram will return them again." in line
    assert scene.pending == {5: update(5)}


# Graceful shutdown


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_interrupts_a_wait(number: int) -> None:
    shutdown = GracefulShutdown()

    def wait() -> None:
        send(number)
        pytest.fail("The wait went on.")

    with shutdown.on_signals(), pytest.raises(InterruptedWaitError):
        shutdown.interruptible(wait)

    assert shutdown.is_requested


def test_a_signal_outside_a_wait_prevents_the_next_one_until_a_reset() -> None:
    shutdown = GracefulShutdown()

    with shutdown.on_signals():
        send(signal.SIGTERM)

    with pytest.raises(InterruptedWaitError):
        shutdown.interruptible(lambda: pytest.fail("It waited."))
    shutdown.reset()
    assert shutdown.interruptible(lambda: "a result") == "a result"


def test_the_previous_signal_handlers_are_restored() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]

    with GracefulShutdown().on_signals():
        pass

    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_signals_at_any_moment_never_interrupt_work_between_waits() -> None:
    # Given work that must not be interrupted, between waits
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
            Timer(microseconds / 1_000_000, send, [signal.SIGTERM]).start()
            with suppress(InterruptedWaitError):
                work_until_a_signal()
            shutdown.reset()

    # Then all work was completed
    assert began == ended > 0


# Offsets


@pytest.mark.parametrize(
    ("body", "update_id"),
    [
        (b'{"update_id":1}', 1),
        (b'{"message":{"update_id":1},"update_id" : 7}', 7),
        (rb'{"message":"lone surrogate \ud800","update_id":7}', 7),
        (b'{"update_id":2147483646}', 2_147_483_646),
        (b'{"update_id":2147483647}', None),
        (b'{"update_id":-1}', None),
        (b'{"update_id":"7"}', None),
        (b'{"message":{}}', None),
        (b"", None),
    ],
)
def test_the_id_of_an_update_is_read_if_an_offset_can_exceed_it(
    body: bytes, update_id: int | None
) -> None:
    assert update_id_of(body) == update_id


@pytest.mark.parametrize(
    ("offset", "updates", "following"),
    [
        (None, [update(5), update(6), update(9)], 10),
        (5, [b"null", update(9)], 10),
        (None, [b"null", update(9), b"null", b"{}"], 12),
        (None, [b"null"], None),
        (1_000_000, [update(17), update(18)], 19),
        (None, [update(5), update(2**63 - 1)], 7),
        (7, [update(2**63 - 1)], 8),
    ],
)
def test_the_next_offset_confirms_the_updates(
    offset: int | None, updates: list[bytes], following: int | None
) -> None:
    assert next_offset(offset, updates) == following
