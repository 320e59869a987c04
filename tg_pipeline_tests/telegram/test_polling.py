"""A poll confirms only what is stored; failures are retried, and signals end it gracefully."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from threading import Timer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline.telegram.errors import (
    ConflictingPollerError,
    NoResponseError,
    ServerFailedError,
    TelegramError,
    TooManyRequestsError,
    WebhookIsSetError,
)
from tg_pipeline.telegram.polling import (
    MAX_OFFSET,
    SIGNALS,
    GracefulShutdown,
    InterruptedWaitError,
    NothingConfirmedError,
    NotStoredError,
    Poller,
    next_offset,
    update_id_of,
)
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.telegram.conftest import TOKEN
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


def test_pauses_double_up_to_a_minute_and_start_over_after_a_success() -> None:
    scene = Scene(on_request=[*[fails(OFFLINE)] * 9, succeeds, fails(OFFLINE)])
    scene.push(5)

    scene.poller.run()

    assert scene.slept == [1, 2, 4, 8, 16, 32, 60, 60, 60, 1]


def test_a_rate_limit_is_waited_out_as_long_as_telegram_asks() -> None:
    scene = Scene(on_request=[fails(RATE_LIMIT), fails(OFFLINE), fails(RATE_LIMIT)])

    scene.poller.run()

    assert scene.slept == [17, 1, 17]


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


def test_ids_that_start_again_after_a_quiet_week_are_followed() -> None:
    scene = Scene()
    scene.push(1_000)

    def a_week_passes() -> None:
        scene.pending.clear()
        scene.push(17, 18)

    scene.on_request = [succeeds, a_week_passes]
    scene.poller.run()

    assert scene.stored == [update(1_000), update(17), update(18)]
    assert scene.pending == {}


def test_updates_without_an_id_are_stored_and_confirmed_by_their_position() -> None:
    scene = Scene()
    scene.pending = {5: update(5), 6: b"null", 7: b"{}"}

    scene.poller.run()

    assert scene.stored == [update(5), b"null", b"{}"]
    assert scene.pending == {}


def test_an_update_that_can_not_be_confirmed_is_stored_and_retried_until_another_one_comes() -> (
    None
):
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


@pytest.mark.parametrize("error", [OFFLINE, RATE_LIMIT])
def test_once_raises_a_failure_without_a_retry(error: TelegramError) -> None:
    scene = Scene(on_request=[fails(error)])

    with pytest.raises(type(error)):
        scene.poller.run_once()

    assert scene.slept == []


def test_once_raises_if_nothing_can_be_stored_or_confirmed() -> None:
    scene = Scene(on_store=[fails(DISK_FULL)])
    scene.pending = {5: b"null"}

    with pytest.raises(NotStoredError):
        scene.poller.run_once()
    with pytest.raises(NothingConfirmedError):
        scene.poller.run_once()


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


def test_a_signal_before_the_first_call_prevents_it() -> None:
    scene = Scene()
    scene.shutdown.request()

    scene.poller.run()

    assert scene.calls == []


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
    shutdown, interrupted_at = GracefulShutdown(), []

    def wait() -> None:
        send(number)
        time.sleep(30)
        interrupted_at.append("never")

    with shutdown.on_signals(), pytest.raises(InterruptedWaitError):
        shutdown.interruptible(wait)

    assert interrupted_at == []
    assert shutdown.is_requested


def test_a_signal_outside_a_wait_prevents_the_next_one() -> None:
    shutdown, waited = GracefulShutdown(), []

    with shutdown.on_signals():
        send(signal.SIGTERM)

    assert shutdown.is_requested
    with pytest.raises(InterruptedWaitError):
        shutdown.interruptible(lambda: waited.append(1))
    assert waited == []


def test_after_a_reset_a_wait_returns_its_result_and_can_be_interrupted() -> None:
    shutdown = GracefulShutdown()
    shutdown.request()
    shutdown.reset()

    assert shutdown.interruptible(lambda: "a result") == "a result"
    with pytest.raises(InterruptedWaitError):
        shutdown.interruptible(shutdown.request)


def test_the_previous_signal_handlers_are_restored() -> None:
    def handlers() -> list[object]:
        return [signal.getsignal(number) for number in SIGNALS]

    before = handlers()
    with GracefulShutdown().on_signals():
        within = handlers()

    assert handlers() == before
    assert all(old != new for old, new in zip(before, within, strict=True))


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
        (b'{"update_id":0}', None),
        (b'{"message":{"update_id":1},"update_id" : 7}', 7),
        (rb'{"message":"lone surrogate \ud800","update_id":7}', 7),
        (b'{"update_id":2147483646}', 2_147_483_646),
        (b'{"update_id":2147483647}', None),
        (b'{"update_id":99999999999999999999}', None),
        (b'{"update_id":-1}', None),
        (b'{"update_id":7.0}', None),
        (b'{"update_id":"7"}', None),
        (b'{"update_id":true}', None),
        (b'{"message":{}}', None),
        (b"7", None),
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
        # The id after the last one
        (None, [update(5), update(6), update(9)], 10),
        # Updates without an id, by their position
        (5, [b"null", b"{}"], 7),
        (5, [b"null", update(9)], 10),
        (None, [b"null", update(9), b"null", b"{}"], 12),
        (8, [update(8), b"null"], 10),
        (None, [b"null"], None),
        # Ids that start again
        (1_000_000, [update(17), update(18)], 19),
        # An absurd id counts as no id
        (None, [update(5), update(2**63 - 1)], 7),
        (7, [update(2**63 - 1)], 8),
    ],
)
def test_the_next_offset_confirms_the_updates(
    offset: int | None, updates: list[bytes], following: int | None
) -> None:
    assert next_offset(offset, updates) == following


@given(st.lists(st.integers(1, 60), unique=True), st.sets(st.integers(0, 99)), st.integers(1, 60))
def test_no_update_is_confirmed_that_was_not_returned(
    pending: list[int], unreadable: set[int], offset: int
) -> None:
    # Given pending updates, some of them without a readable id
    returned = sorted(each for each in pending if each >= offset)[:5]
    bodies = [b"null" if each in unreadable else update(each) for each in returned]

    # When they are confirmed
    following = next_offset(offset, bodies) or 0

    # Then all updates below the offset were returned, or confirmed before
    assert all(each in returned for each in pending if offset <= each < following)
    assert following <= MAX_OFFSET


# Over HTTP


@dataclass
class ShortPoll:
    """A source over HTTP, with a fault before each call, that stops when nothing is pending."""

    api: BotApiClient
    shutdown: GracefulShutdown
    faults: list[Step] = field(default_factory=list)

    def get_updates(self, *, offset: int | None, limit: int, seconds: int) -> list[bytes]:
        if self.faults:
            self.faults.pop(0)()
        updates = self.api.get_updates(offset=offset, limit=limit, seconds=0)
        if not updates and seconds and not self.faults:
            self.shutdown.request()
        return updates


FAULTS: dict[str, Callable[[TelegramServer], object]] = {
    "none": lambda _: None,
    "500": lambda telegram: telegram.fail(500),
    "502 with a page": lambda telegram: telegram.answer_with(status=502),
    "429": lambda telegram: telegram.flood(2),
    "a hang-up": lambda telegram: telegram.hang_up(),
    "a page": lambda telegram: telegram.answer_with(),
    "half a response": lambda telegram: telegram.answer_with(b'{"ok":true,"result":[{"update_id":'),
}


@settings(max_examples=15)
@given(
    faults=st.lists(st.sampled_from(sorted(FAULTS)), max_size=10),
    store_fails=st.lists(st.booleans(), max_size=8),
    how_many=st.integers(0, 250),
)
def test_every_update_is_stored_over_http_byte_for_byte(
    faults: list[str], store_fails: list[bool], how_many: int
) -> None:
    stored: set[bytes] = set()
    slept: list[float] = []
    logged: list[str] = []
    shutdown = GracefulShutdown()

    def store(updates: list[bytes]) -> None:
        if store_fails and store_fails.pop():
            raise DISK_FULL
        stored.update(updates)

    with TelegramServer(TOKEN.reveal()) as telegram, BotApiClient(TOKEN, telegram.url) as api:
        for number in range(how_many):
            telegram.push(b'{ "update_id" :0, "message": {"text": "\\ud800 %d"} }' % number)
        steps: list[Step] = [partial(FAULTS[name], telegram) for name in faults]

        Poller(ShortPoll(api, shutdown, steps), store, shutdown, slept.append, logged.append).run()

        assert stored == set(telegram.sent.values())
        assert telegram.pending == []
    assert slept.count(2) >= faults.count("429")
