"""An SQS batch lands as one object a day; messages that are not durable are delivered again."""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lambda_ingest.landing import unwrap_rejected
from tg_pipeline_tests.lambda_ingest.conftest import (
    ARRIVED,
    DAY_FOLDER,
    SENT,
    Container,
    stored,
    update,
)
from tg_pipeline_tests.lambda_ingest.events import SECRET, SENT_AT, queue_event, record

NewContainer = Callable[..., Container]

DAY = 86_400
PREVIOUS_FOLDER = "telegram/context_date=2026-10-06"
NOT_ATTRIBUTES: list[Any] = [None, [], {"secret_token": None}, {"secret_token": "x"}]
COUNTS = ("landed", "duplicate", "rejected", "filtered", "suppressed", "unauthorized", "failed")


def redelivered(container: Container, *records: Any) -> list[str]:
    response = container.handle(queue_event(*records))
    assert response.keys() == {"batchItemFailures"}
    return [each["itemIdentifier"] for each in response["batchItemFailures"]]


def landed(container: Container) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for key, body in sorted(stored(container.landing, "telegram").items()):
        folder = key.rpartition("/")[0]
        found[folder] = found.get(folder, []) + gzip.decompress(body).splitlines()
    return found


def counts(line: dict[str, Any]) -> dict[str, int]:
    return {name: line[name] for name in COUNTS if line[name]}


class TestBatch:
    def test_it_is_one_object_a_day_ordered_by_id(self, container: Container) -> None:
        container.clock_step = timedelta(seconds=1)
        previous = update(4, date=SENT - DAY)

        assert redelivered(container, *map(record, [update(6), previous, update(5)])) == []

        assert landed(container) == {
            PREVIOUS_FOLDER: [previous],
            DAY_FOLDER: [update(5), update(6)],
        }
        assert len(container.stored()) == 2
        (line,) = container.lines()
        assert (counts(line), line["level"]) == ({"landed": 3}, "INFO")
        assert line["ms"] >= 1_000

    def test_a_batch_that_is_delivered_twice_in_any_order_lands_once(
        self, container: Container
    ) -> None:
        bodies = [update(5), b"garbage", update(6, text="b"), update(6, text="a")]
        batch = list(map(record, bodies))
        assert redelivered(container, *batch) == []
        objects = container.stored()

        container.now += timedelta(days=2)
        assert redelivered(container, *reversed(batch)) == []

        assert container.stored() == objects
        assert [line["landed"] for line in container.lines()] == [3, 0]
        assert [line["duplicate"] for line in container.lines()] == [0, 3]

    def test_the_time_of_arrival_is_that_at_the_queue(self, container: Container) -> None:
        poll = json.dumps({"update_id": 5, "poll": {"id": "1"}}).encode()
        eight_days_later = str(int(SENT_AT) + 8 * DAY * 1000)
        late = record(update(5)) | {"attributes": {"SentTimestamp": eight_days_later}}
        container.now = ARRIVED + timedelta(days=3)

        assert redelivered(container, record(poll), late) == []

        assert landed(container) == {
            DAY_FOLDER: [poll],
            "telegram/context_date=2026-10-15": [update(5)],
        }

    def test_a_date_that_decides_no_day_is_counted_and_logged(self, container: Container) -> None:
        bodies = [
            json.dumps({"update_id": each, "message": {"date": 1_600_000_000}}).encode()
            for each in (5, 6)
        ]

        container.handle(queue_event(*map(record, bodies)))

        (line,) = container.lines()
        assert (line["level"], line["landed"], line["implausible_date"]) == ("WARNING", 2, 2)
        assert line["why_date"].startswith("Update 6 is dated 2020-09-13 12:26:40 UTC, but arrived")


class TestChecks:
    def test_messages_with_the_previous_secret_lose_nothing_while_it_is_replaced(
        self, new_container: NewContainer
    ) -> None:
        new, other = "the-new-secret-of-5", "not-a-secret-of-ours"
        container = new_container(TELEGRAM_SECRET_TOKEN=new, TELEGRAM_SECRET_TOKEN_PREVIOUS=SECRET)
        records = [
            record(update(number), secret=secret)
            for number, secret in enumerate([SECRET, new, other])
        ]

        assert redelivered(container, *records) == []

        assert landed(container) == {DAY_FOLDER: [update(0), update(1)]}
        assert counts(container.lines()[0]) == {"landed": 2, "unauthorized": 1}

    def test_each_message_is_authenticated_by_its_own_secret(self, container: Container) -> None:
        wrong = [
            record(update(6), secret=None),
            record(update(7), secret="guessed"),  # noqa: S106
            record(b"garbage", secret=SECRET.upper()),
            *(record(update(8)) | {"messageAttributes": each} for each in NOT_ATTRIBUTES),
        ]

        assert redelivered(container, record(update(5)), *wrong) == []

        assert landed(container) == {DAY_FOLDER: [update(5)]}
        assert len(container.stored()) == 1
        assert counts(container.lines()[0]) == {"landed": 1, "unauthorized": 7}

    @pytest.mark.parametrize("body", ["", "[]", "\ud83d"], ids=ascii)
    def test_a_body_that_is_not_an_update_is_kept_with_the_reason(
        self, container: Container, body: str
    ) -> None:
        assert redelivered(container, record(update(5)), record(b"") | {"body": body}) == []

        (kept,) = stored(container.landing, "rejected/context_date=2026-10-07").values()
        assert unwrap_rejected(kept).decode("utf-8", "surrogatepass") == body
        assert counts(container.lines()[0]) == {"landed": 1, "rejected": 1}

    def test_updates_of_other_chats_are_delivered_once_more_and_then_filtered(
        self, new_container: NewContainer
    ) -> None:
        container = new_container(TELEGRAM_CHAT_IDS="-42")
        chosen, other = (update(n, chat={"id": chat}) for n, chat in [(5, -42), (6, -7)])

        assert redelivered(container, record(chosen), record(other, "other")) == ["other"]
        assert redelivered(container, record(other, "other", times=2)) == []

        assert landed(container) == {DAY_FOLDER: [chosen]}
        assert list(map(counts, container.lines())) == [{"landed": 1}, {"filtered": 1}]

    @pytest.mark.parametrize("order", [1, -1], ids=["in order", "reversed"])
    def test_a_chat_s_new_id_is_followed_in_any_order_of_messages(
        self, new_container: NewContainer, order: int
    ) -> None:
        container = new_container(TELEGRAM_CHAT_IDS="-42")
        bodies = [
            update(5, chat={"id": -42}, migrate_to_chat_id=-100),
            update(6, chat={"id": -100}),
        ]
        batch = [record(bodies[0], "migrated"), record(bodies[1], "followed")]

        for message_id in redelivered(container, *batch[::order]):
            assert redelivered(container, record(bodies[1], message_id, times=2)) == []

        assert sorted(landed(container)[DAY_FOLDER]) == bodies
        logged = [line["succession"] for line in container.lines() if "succession" in line]
        assert logged == ["Chat -42 became -100, which is kept too. Add it to TELEGRAM_CHAT_IDS."]


@pytest.fixture
def file_in_the_way(tmp_path: Path, container: Container) -> Path:
    """Create a file where the folder of the previous day belongs, so that only it can't land."""
    redelivered(container, record(update(1)))
    path = tmp_path / "landing" / PREVIOUS_FOLDER
    path.write_text("not a folder")
    return path


class TestFailures:
    def test_the_messages_of_a_day_that_can_t_be_stored(
        self, container: Container, file_in_the_way: Path
    ) -> None:
        # Given messages of two days, one of which can't be stored
        today = [record(update(5), "a"), record(update(6), "c")]
        previous = [record(update(n, date=SENT - DAY), name) for n, name in [(2, "b"), (3, "d")]]

        # When they arrive, and the failed ones again after the file is gone
        failed = redelivered(container, today[0], previous[0], today[1], previous[1])
        line = container.lines()[-1]
        file_in_the_way.unlink()

        # Then exactly those of that day failed, and now all are stored
        assert failed == ["b", "d"]
        assert (counts(line), line["level"]) == ({"landed": 2, "failed": 2}, "ERROR")
        assert line["why"].startswith("The store failed: ")
        assert landed(container) == {DAY_FOLDER: [update(1), update(5), update(6)]}
        assert redelivered(container, *previous) == []
        assert len(landed(container)[PREVIOUS_FOLDER]) == 2

    @pytest.mark.parametrize(
        ("folder", "body"), [("rejected", b"garbage"), ("chats", update(6, chat={"id": -7}))]
    )
    def test_a_rejected_body_or_a_chat_whose_folder_can_t_be_used(
        self, new_container: NewContainer, tmp_path: Path, folder: str, body: bytes
    ) -> None:
        container = new_container(TELEGRAM_CHAT_IDS="-42")
        (tmp_path / "landing" / folder).write_text("not a folder")
        chosen = update(5, chat={"id": -42})

        assert redelivered(container, record(chosen, "a"), record(body, "b")) == ["b"]
        assert landed(container) == {DAY_FOLDER: [chosen]}

    @pytest.mark.parametrize(
        "wrong",
        [
            {"body": 5},
            {"attributes": None},
            *(
                {"attributes": {"SentTimestamp": sent}}
                for sent in (int(SENT_AT), "-1", "\N{SUPERSCRIPT TWO}", "9" * 14)
            ),
        ],
        ids=repr,
    )
    def test_a_record_in_another_format(self, container: Container, wrong: dict[str, Any]) -> None:
        batch = [record(update(5), "a"), record(update(6), "b") | wrong, record(update(7), "c")]

        assert redelivered(container, *batch) == ["b"]
        assert landed(container) == {DAY_FOLDER: [update(5), update(7)]}

    @pytest.mark.parametrize(
        "wrong",
        [record(update(6)) | {"messageId": 5}, None, "x", {}],
    )
    def test_the_whole_batch_if_a_record_has_no_id(self, container: Container, wrong: Any) -> None:
        """An empty identifier means all: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
        assert redelivered(container, record(update(5), "a"), wrong) == [""]
        assert landed(container) == {DAY_FOLDER: [update(5)]}
