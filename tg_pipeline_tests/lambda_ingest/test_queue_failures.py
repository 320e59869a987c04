"""Of a batch, exactly those messages come again that are not durable yet."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tg_pipeline_tests.lambda_ingest.conftest import SENT, Container, update
from tg_pipeline_tests.lambda_ingest.events import SENT_AT, queue_event, record

DAY = 86_400
YESTERDAY_S_FOLDER = "telegram/context_date=2026-10-06"


def failures(container: Container, *records: Any) -> list[str]:
    answer = container.handle(queue_event(*records))
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def updates_in(container: Container) -> list[bytes]:
    return [
        line
        for key, body in sorted(container.stored().items())
        if key.endswith(".gz")
        for line in gzip.decompress(body).splitlines()
    ]


@pytest.fixture
def in_the_way(tmp_path: Path, container: Container) -> Path:
    """Put a file where yesterday's folder belongs, so that this day alone can't land."""
    container.handle(queue_event(record(update(1))))
    path = tmp_path / "landing" / YESTERDAY_S_FOLDER
    path.write_text("a file stands here")
    return path


def test_the_messages_of_a_day_that_can_t_be_stored_come_again(
    container: Container, in_the_way: Path
) -> None:
    # Given messages of two days, one of which can't be stored
    of_today = [record(update(5), "a"), record(update(6), "c")]
    of_yesterday = [record(update(n, date=SENT - DAY), name) for n, name in [(2, "b"), (3, "d")]]

    # When they come, and those that failed again when the file is gone
    failed = failures(container, of_today[0], of_yesterday[0], of_today[1], of_yesterday[1])
    in_the_way.unlink()

    # Then exactly those of that day failed, and now all are there
    assert failed == ["b", "d"]
    assert updates_in(container) == [update(1), update(5), update(6)]
    assert failures(container, *of_yesterday) == []
    assert len(updates_in(container)) == 5


def test_what_is_no_update_and_can_t_be_stored_comes_again(
    container: Container, tmp_path: Path
) -> None:
    (tmp_path / "landing").mkdir(exist_ok=True)
    (tmp_path / "landing" / "rejected").write_text("a file stands here")

    assert failures(container, record(update(5), "a"), record(b"garbage", "b")) == ["b"]
    assert updates_in(container) == [update(5)]


def test_a_failure_is_counted_and_explained(container: Container, in_the_way: Path) -> None:
    failures(container, record(update(2, date=SENT - DAY)), record(update(5)))

    line = container.lines()[-1]
    assert in_the_way.exists()
    assert (line["landed"], line["failed"], line["level"]) == (1, 1, "ERROR")
    assert line["why"].startswith("The store failed: ")


def test_an_update_whose_chat_can_t_be_looked_up_comes_again(
    new_container: Callable[..., Container], tmp_path: Path
) -> None:
    container = new_container(TELEGRAM_CHAT_IDS="-42")
    (tmp_path / "landing" / "chats").write_text("a file stands here")
    kept, unknown = (update(n, chat={"id": chat}) for n, chat in [(5, -42), (6, -7)])

    assert failures(container, record(kept, "a"), record(unknown, "b")) == ["b"]
    assert updates_in(container) == [kept]


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": None},
        {"body": 5},
        {"attributes": None},
        {"attributes": {}},
        {"attributes": {"SentTimestamp": None}},
        {"attributes": {"SentTimestamp": int(SENT_AT)}},
        {"attributes": {"SentTimestamp": ""}},
        {"attributes": {"SentTimestamp": "-1"}},
        {"attributes": {"SentTimestamp": "\N{SUPERSCRIPT TWO}"}},
        {"attributes": {"SentTimestamp": "9" * 14}},
    ],
    ids=repr,
)
def test_a_record_that_is_not_as_sqs_makes_them_comes_again(
    container: Container, wrong: dict[str, Any]
) -> None:
    batch = [record(update(5), "a"), record(update(6), "b") | wrong, record(update(7), "c")]

    assert failures(container, *batch) == ["b"]
    assert updates_in(container) == [update(5), update(7)]


@pytest.mark.parametrize("wrong", [{"messageId": None}, {"messageId": 5}])
def test_a_record_without_an_id_has_the_whole_batch_come_again(
    container: Container, wrong: dict[str, Any]
) -> None:
    """An empty identifier means all: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
    assert failures(container, record(update(5), "a"), record(update(6)) | wrong) == [""]


@pytest.mark.parametrize("wrong", [None, 5, "x", [], {}])
def test_a_record_that_is_none_has_the_whole_batch_come_again(
    container: Container, wrong: Any
) -> None:
    assert failures(container, record(update(5), "a"), wrong) == [""]
    assert updates_in(container) == [update(5)]


@pytest.mark.parametrize("attributes", [None, [], {"secret_token": None}, {"secret_token": "x"}])
def test_a_secret_that_is_not_as_sqs_makes_them_is_none(
    container: Container, attributes: Any
) -> None:
    wrong = record(update(5), "a") | {"messageAttributes": attributes}

    assert failures(container, wrong) == []
    assert updates_in(container) == []
    assert container.lines()[0]["unauthorized"] == 1
