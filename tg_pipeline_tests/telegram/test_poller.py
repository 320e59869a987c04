"""A poller stores, then confirms; whatever breaks, it asks for the same again."""

import pytest

from tg_pipeline.telegram.errors import (
    ConflictingPollerError,
    NoResponseError,
    TelegramError,
    TooManyRequestsError,
    WebhookIsSetError,
)
from tg_pipeline.telegram.polling import NothingConfirmedError, NotStoredError
from tg_pipeline_tests.telegram.poller_scene import Scene, fails, passes, update

OFFLINE = NoResponseError("No connection.")
DISK_FULL = NotStoredError("No space left.")


def test_updates_are_stored_in_order_and_then_confirmed() -> None:
    scene = Scene()
    scene.push(*range(5, 255))

    scene.poller.run()

    assert scene.shelf == [update(each) for each in range(5, 255)]
    assert [offset for offset, _, _ in scene.asks] == [None, 105, 205, 255, 255]
    assert scene.queue == {}


def test_it_asks_for_a_hundred_and_waits_for_fifty_seconds() -> None:
    scene = Scene()

    scene.poller.run()

    assert scene.asks == [(None, 100, 50)]


def test_what_is_stored_when_a_signal_comes_is_confirmed_at_once() -> None:
    # Given a signal that comes while updates are being stored
    scene = Scene()
    scene.push(5, 6)
    scene.at_store = [scene.shutdown.request]

    # When it polls
    scene.poller.run()

    # Then they are stored all the same, confirmed by a call that waits for nothing, and it ends
    assert scene.shelf == [update(5), update(6)]
    assert scene.asks == [(None, 100, 50), (7, 1, 0)]
    assert scene.queue == {}


def test_a_signal_before_the_first_call_prevents_it() -> None:
    scene = Scene()
    scene.shutdown.request()

    scene.poller.run()

    assert scene.asks == []


def test_a_signal_ends_a_pause() -> None:
    scene = Scene(at_ask=[fails(OFFLINE)])
    scene.at_sleep = [scene.shutdown.request]

    scene.poller.run()

    assert scene.slept == [1]
    assert len(scene.asks) == 1


@pytest.mark.parametrize("error", [OFFLINE, ConflictingPollerError("Another.")])
def test_a_confirmation_that_fails_costs_nothing_but_a_repeat(error: Exception) -> None:
    scene = Scene(at_ask=[passes, fails(error)])
    scene.push(5)
    scene.at_store = [scene.shutdown.request]

    scene.poller.run()

    (said,) = scene.said
    assert "could not be confirmed: Telegram gives it once more" in said
    assert scene.queue == {5: update(5)}


def test_a_second_signal_ends_a_confirmation() -> None:
    scene = Scene()
    scene.push(5)
    scene.at_store = [scene.shutdown.request]
    scene.at_ask = [passes, scene.shutdown.request]

    scene.poller.run()

    assert "could not be confirmed" in scene.said[0]


def test_a_store_that_fails_is_asked_for_the_same_again() -> None:
    scene = Scene(at_store=[fails(DISK_FULL), passes, fails(DISK_FULL)])
    scene.push(*range(1, 151))

    scene.poller.run()

    assert [offset for offset, _, _ in scene.asks[:5]] == [None, None, 101, 101, 151]
    assert scene.shelf == [update(each) for each in range(1, 151)]
    assert scene.said[0] == "No space left. Asking again in 1 s; nothing is lost."


def test_pauses_double_up_to_a_minute_and_start_over_after_a_success() -> None:
    scene = Scene(at_ask=[*[fails(OFFLINE)] * 9, passes, fails(OFFLINE)])
    scene.push(5)

    scene.poller.run()

    assert scene.slept == [1, 2, 4, 8, 16, 32, 60, 60, 60, 1]


def test_a_flood_is_waited_out_as_long_as_telegram_asks() -> None:
    flood = TooManyRequestsError("Slow down.", 17)
    scene = Scene(at_ask=[fails(flood), fails(OFFLINE), fails(flood)])

    scene.poller.run()

    assert scene.slept == [17, 1, 17]


@pytest.mark.parametrize(
    "error", [WebhookIsSetError("Webhook."), ConflictingPollerError("Another.")]
)
def test_what_does_not_pass_ends_it(error: TelegramError) -> None:
    scene = Scene(at_ask=[passes, fails(error)])
    scene.push(5)

    with pytest.raises(type(error)):
        scene.poller.run()

    assert scene.shelf == [update(5)]
    assert scene.slept == []


def test_ids_that_start_anew_after_a_quiet_week_are_followed() -> None:
    scene = Scene()
    scene.push(1_000)

    def a_week_passes() -> None:
        scene.queue.clear()
        scene.push(17, 18)

    scene.at_ask = [passes, a_week_passes]
    scene.poller.run()

    assert scene.shelf == [update(1_000), update(17), update(18)]
    assert scene.queue == {}


def test_what_is_no_update_is_stored_and_gone_past() -> None:
    scene = Scene()
    scene.queue = {5: update(5), 6: b"null", 7: b"{}"}

    scene.poller.run()

    assert scene.shelf == [update(5), b"null", b"{}"]
    assert scene.queue == {}


def test_what_can_not_be_confirmed_is_stored_and_said_and_asked_for_less_and_less() -> None:
    # Given nothing but what has no id, and no offset yet to count from
    scene = Scene()
    scene.queue = {5: b"null"}
    scene.at_sleep = [passes, passes, scene.shutdown.request]

    # When it polls
    scene.poller.run()

    # Then it is on the shelf, and the pauses grow
    assert set(scene.shelf) == {b"null"}
    assert scene.slept == [1, 2, 4]
    assert "Telegram gives 1 updates that can't be confirmed; they are kept." in scene.said[0]


def test_it_gets_past_what_could_not_be_confirmed_with_the_next_update() -> None:
    scene = Scene()
    scene.queue = {5: b"null"}
    scene.at_sleep = [lambda: scene.push(6)]

    scene.poller.run()

    assert scene.queue == {}


def test_once_takes_what_waits_and_confirms_it() -> None:
    scene = Scene()
    scene.push(*range(5, 155))

    scene.poller.run_once()

    assert len(scene.shelf) == 150
    assert scene.asks == [(None, 100, 0), (105, 100, 0), (155, 100, 0)]
    assert scene.queue == {}


@pytest.mark.parametrize("error", [OFFLINE, TooManyRequestsError("Slow down.", 17)])
def test_once_leaves_a_failure_to_the_next_time(error: TelegramError) -> None:
    scene = Scene(at_ask=[fails(error)])

    with pytest.raises(type(error)):
        scene.poller.run_once()

    assert scene.slept == []


def test_once_ends_where_the_store_fails_or_nothing_can_be_confirmed() -> None:
    scene = Scene(at_store=[fails(DISK_FULL)])
    scene.queue = {5: b"null"}

    with pytest.raises(NotStoredError):
        scene.poller.run_once()
    with pytest.raises(NothingConfirmedError):
        scene.poller.run_once()


def test_once_stops_at_a_signal_and_confirms() -> None:
    scene = Scene()
    scene.push(*range(1, 301))
    scene.at_store = [scene.shutdown.request]

    scene.poller.run_once()

    assert len(scene.shelf) == 100
    assert min(scene.queue) == 101
