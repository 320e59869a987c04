"""A message reaches the chat at most once, whoever tries, however often, and whatever dies."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tg_pipeline.builds.admin_chat import Outcome
from tg_pipeline.lake.idempotency import Claim
from tg_pipeline.telegram.errors import (
    BadRequestError,
    DeliveryUnknownError,
    NoResponseError,
    TelegramError,
    TooManyRequestsError,
)
from tg_pipeline_tests.builds.posting import KEY, Machine, Poster
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

MACHINES = 3


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def poster(telegram: TelegramServer, tmp_path: Path) -> Poster:
    return Poster(tmp_path.as_uri(), telegram.url)


def arrived(telegram: TelegramServer) -> list[str]:
    return [message.text for message in telegram.messages]


def test_a_text_is_sent_once(poster: Poster, telegram: TelegramServer) -> None:
    assert [poster.post(), poster.post()] == [Outcome.SENT, Outcome.SENT_BEFORE]
    assert arrived(telegram) == ["Good morning."]


def test_what_is_asked_for_again_is_sent_again_and_then_no_more(
    poster: Poster, telegram: TelegramServer
) -> None:
    poster.post()

    assert poster.post(again=True) is Outcome.SENT
    assert poster.post() is Outcome.SENT_BEFORE
    assert len(arrived(telegram)) == 2


def test_of_many_threads_one_sends(poster: Poster, telegram: TelegramServer) -> None:
    start = Barrier(8)

    def post(_: int) -> Outcome:
        start.wait()
        return poster.post()

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(post, range(8)))

    assert outcomes.count(Outcome.SENT) == 1
    assert arrived(telegram) == ["Good morning."]


def test_of_many_machines_one_sends(poster: Poster, telegram: TelegramServer) -> None:
    machines = [Machine(poster) for _ in range(MACHINES)]
    assert all(machine.is_ready() for machine in machines)

    for machine in machines:
        machine.go()

    assert [machine.end() for machine in machines] == [0] * MACHINES
    assert arrived(telegram) == ["Good morning."]


def test_who_is_killed_before_it_is_sent_leaves_a_claim_that_nobody_breaks(
    poster: Poster, telegram: TelegramServer
) -> None:
    # Given a machine that claims the text and is killed
    machine = Machine(poster, dies=True)
    assert machine.is_ready()
    machine.go()
    assert machine.end() == -signal.SIGKILL

    # Then nobody sends it, since nobody knows whether it was sent
    assert poster.post() is Outcome.IN_DOUBT
    assert arrived(telegram) == []

    # But who asks for it again gets it
    assert poster.post(again=True) is Outcome.SENT
    assert arrived(telegram) == ["Good morning."]


def failure(poster: Poster, *, again: bool = False) -> TelegramError:
    with pytest.raises(TelegramError) as caught:
        poster.post(again=again)
    assert str(caught.value).endswith(".")
    return caught.value


def test_a_text_whose_answer_got_lost_is_not_sent_twice(
    poster: Poster, telegram: TelegramServer
) -> None:
    telegram.lose_answers(method="sendMessage")

    error = failure(poster)

    assert isinstance(error, DeliveryUnknownError)
    assert "so it is not sent again by itself" in str(error)
    assert poster.post() is Outcome.IN_DOUBT
    assert arrived(telegram) == ["Good morning."]


@pytest.mark.parametrize("status", [500, 502])
def test_a_server_that_failed_may_have_sent_it(
    poster: Poster, telegram: TelegramServer, status: int
) -> None:
    telegram.fail(status)

    assert isinstance(failure(poster), DeliveryUnknownError)
    assert poster.post() is Outcome.IN_DOUBT


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_what_was_refused_is_sent_by_the_next_try(
    poster: Poster, telegram: TelegramServer, status: int
) -> None:
    telegram.fail(status)

    failure(poster)

    assert poster.claims.read(KEY) is None
    assert poster.post() is Outcome.SENT
    assert len(arrived(telegram)) == 1


def test_what_reached_nobody_is_sent_by_the_next_try(
    poster: Poster, telegram: TelegramServer
) -> None:
    elsewhere = Poster(poster.lake_uri, "http://127.0.0.1:9")

    assert type(failure(elsewhere)) is NoResponseError
    assert poster.post() is Outcome.SENT
    assert len(arrived(telegram)) == 1


def test_a_refusal_says_what_to_do_about_the_chat(poster: Poster, telegram: TelegramServer) -> None:
    telegram.fail(403, description="Forbidden: bot was kicked from the supergroup chat")

    error = failure(poster)

    assert isinstance(error, BadRequestError)
    assert str(error).endswith("The bot was removed from the chat -1001234567890: add it again.")


def test_telegram_s_wait_is_waited_and_then_it_is_sent_once(
    poster: Poster, telegram: TelegramServer
) -> None:
    telegram.flood(40)
    telegram.flood(3)

    assert poster.post() is Outcome.SENT
    assert poster.waited == [40, 3]
    assert poster.told[0] == (
        "Telegram asks to wait 40 s before the next sendMessage (429). Waiting."
    )
    assert len(arrived(telegram)) == 1


def test_who_waits_holds_no_claim(poster: Poster, telegram: TelegramServer) -> None:
    held: list[Claim | None] = []
    poster.sleep = lambda _: held.append(poster.claims.read(KEY))
    telegram.flood(5)

    poster.post()

    assert held == [None]


def test_a_wait_that_is_too_long_is_told_and_nothing_is_claimed(
    poster: Poster, telegram: TelegramServer
) -> None:
    telegram.flood(91)

    assert isinstance(failure(poster), TooManyRequestsError)
    assert poster.waited == []
    assert poster.post() is Outcome.SENT


def test_what_was_sent_stays_sent_where_it_is_refused_again(
    poster: Poster, telegram: TelegramServer
) -> None:
    poster.post()
    telegram.fail(403)

    failure(poster, again=True)

    assert poster.post() is Outcome.SENT_BEFORE
