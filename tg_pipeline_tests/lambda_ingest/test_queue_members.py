"""Which messages of a queue are let in, which are kept aside, and which are none of the bot's."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from lambda_ingest.landing import unwrap_rejected
from tg_pipeline_tests.lambda_ingest.conftest import DAY_FOLDER, Container, stored, update
from tg_pipeline_tests.lambda_ingest.events import SECRET, queue_event, record

NewContainer = Callable[..., Container]
NO_FAILURES: dict[str, Any] = {"batchItemFailures": []}


def take(container: Container, *records: dict[str, Any]) -> None:
    assert container.handle(queue_event(*records)) == NO_FAILURES


def lines_of(container: Container) -> dict[str, list[bytes]]:
    """Give the updates that landed, by the folder of their day."""
    return {
        key.rpartition("/")[0]: gzip.decompress(body).splitlines()
        for key, body in stored(container.landing, "telegram").items()
    }


def counts_of(container: Container) -> dict[str, int]:
    (line,) = container.lines()
    names = ("landed", "duplicate", "rejected", "filtered", "unauthorized", "failed")
    return {name: line[name] for name in names if line[name]}


def test_each_message_is_let_in_by_its_own_secret(container: Container) -> None:
    strangers = [record(update(6), secret=None), record(update(7), secret="guessed")]  # noqa: S106

    take(container, record(update(5)), *strangers)

    assert lines_of(container) == {DAY_FOLDER: [update(5)]}
    assert counts_of(container) == {"landed": 1, "unauthorized": 2}


def test_a_batch_of_strangers_stores_nothing(container: Container) -> None:
    take(container, record(update(5), secret=None), record(b"garbage", secret=SECRET.upper()))

    assert container.stored() == {}


def test_without_a_secret_to_ask_for_all_are_let_in(new_container: NewContainer) -> None:
    settings = {"TELEGRAM_SECRET_TOKEN": "", "TG_WITHOUT_SECRET_TOKEN": "yes"}
    container = new_container(**settings)

    take(container, record(update(5), secret=None))

    assert lines_of(container) == {DAY_FOLDER: [update(5)]}


@pytest.mark.parametrize("body", [b"", b"garbage", b"[]", '"\ud83d"'.encode("utf-8", "replace")])
def test_what_is_no_update_is_kept_beside_the_others(container: Container, body: bytes) -> None:
    take(container, record(update(5)), record(body))

    rejected = stored(container.landing, "rejected/context_date=2026-10-07")
    assert [unwrap_rejected(kept) for kept in rejected.values()] == [body]
    assert counts_of(container) == {"landed": 1, "rejected": 1}


def test_half_a_surrogate_pair_is_kept_as_it_came(container: Container) -> None:
    take(container, record(b"") | {"body": "\ud83d"})

    ((_, kept),) = container.stored().items()
    assert unwrap_rejected(kept).decode("utf-8", "surrogatepass") == "\ud83d"


def test_an_update_of_another_chat_is_not_stored(new_container: NewContainer) -> None:
    container = new_container(TELEGRAM_CHAT_IDS="-42")
    kept, another_s = (update(n, chat={"id": chat}) for n, chat in [(5, -42), (6, -7)])

    take(container, record(kept), record(another_s, times=2))

    assert lines_of(container) == {DAY_FOLDER: [kept]}
    assert counts_of(container) == {"landed": 1, "filtered": 1}


def test_an_update_that_would_be_filtered_comes_a_second_time_first(
    new_container: NewContainer,
) -> None:
    container = new_container(TELEGRAM_CHAT_IDS="-42")
    another_s = record(update(6, chat={"id": -7}), message_id="early")

    answer = container.handle(queue_event(another_s))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "early"}]}
    assert counts_of(container) == {}


@pytest.mark.parametrize("order", ["as it happened", "the other way round"])
def test_what_follows_a_chat_s_new_id_is_kept_in_whatever_order_it_comes(
    new_container: NewContainer, order: str
) -> None:
    container = new_container(TELEGRAM_CHAT_IDS="-42")
    migrated = record(update(5, chat={"id": -42}, migrate_to_chat_id=-100), "migrated")
    followed = record(update(6, chat={"id": -100}), "followed")
    batch = [migrated, followed] if order == "as it happened" else [followed, migrated]

    answer = container.handle(queue_event(*batch))
    for failure in answer["batchItemFailures"]:
        again = record(update(6, chat={"id": -100}), failure["itemIdentifier"], times=2)
        take(container, again)

    objects = stored(container.landing, "telegram").values()
    landed = [line for body in objects for line in gzip.decompress(body).splitlines()]
    assert sorted(landed) == [
        update(5, chat={"id": -42}, migrate_to_chat_id=-100),
        update(6, chat={"id": -100}),
    ]
    told = [line["succession"] for line in container.lines() if "succession" in line]
    assert told == ["Chat -42 became -100, which is kept too. Add it to TELEGRAM_CHAT_IDS."]
