"""A batch of a queue lands as one object a day, and the same batch as the same object."""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tg_pipeline_tests.lambda_ingest.conftest import (
    ARRIVED,
    DAY_FOLDER,
    SENT,
    Container,
    update,
)
from tg_pipeline_tests.lambda_ingest.events import SENT_AT, queue_event, record

NewContainer = Callable[..., Container]
DAY = 86_400
NUMBERS = count()
UPDATES = st.builds(
    update,
    st.integers(0, 1),
    date=st.sampled_from([SENT, SENT - DAY]),
    text=st.sampled_from(["a", "b"]),
)
NO_FAILURES: dict[str, Any] = {"batchItemFailures": []}


def take(container: Container, *records: dict[str, Any]) -> None:
    assert container.handle(queue_event(*records)) == NO_FAILURES


def lines_of(container: Container) -> dict[str, list[bytes]]:
    """Give the updates that landed, by the folder of their day."""
    return {
        key.rpartition("/")[0]: gzip.decompress(body).splitlines()
        for key, body in container.stored().items()
    }


def counts_of(container: Container) -> dict[str, int]:
    (line,) = container.lines()
    names = ("landed", "duplicate", "rejected", "filtered", "unauthorized", "failed")
    return {name: line[name] for name in names if line[name]}


def test_a_batch_is_one_object_a_day_in_the_order_of_the_ids(container: Container) -> None:
    yesterday = update(4, date=SENT - DAY)

    take(container, *map(record, [update(6), yesterday, update(5)]))

    assert lines_of(container) == {
        "telegram/context_date=2026-10-06": [yesterday],
        DAY_FOLDER: [update(5), update(6)],
    }
    assert counts_of(container) == {"landed": 3}


def test_a_name_says_the_bot_and_that_it_holds_many(container: Container) -> None:
    take(container, record(update(5)))

    (key,) = container.stored()
    assert key.startswith(f"{DAY_FOLDER}/7-")
    assert key.endswith(".ndjson.gz")


@given(st.data(), st.lists(UPDATES, min_size=1, max_size=6))
def test_the_same_messages_in_any_order_are_the_same_objects(
    new_container: NewContainer, data: st.DataObject, bodies: list[bytes]
) -> None:
    shuffled = data.draw(st.permutations(bodies))
    one, other = (new_container(TG_LANDING_URI=f"memory://queue/{next(NUMBERS)}") for _ in range(2))

    take(one, *map(record, bodies))
    take(other, *map(record, shuffled))

    assert one.stored() == other.stored()


def test_a_batch_that_is_delivered_again_lands_nothing_new(container: Container) -> None:
    batch = [record(update(5)), record(b"garbage"), record(update(6))]
    take(container, *batch)
    landed = container.stored()

    container.now += timedelta(days=2)
    take(container, *reversed(batch))

    assert container.stored() == landed
    assert [line["landed"] for line in container.lines()] == [2, 0]
    assert [line["duplicate"] for line in container.lines()] == [0, 2]


def test_an_update_without_a_time_happened_when_the_queue_took_it(container: Container) -> None:
    poll = json.dumps({"update_id": 5, "poll": {"id": "1"}}).encode()
    container.now = ARRIVED + timedelta(days=3)

    take(container, record(poll))

    assert lines_of(container) == {DAY_FOLDER: [poll]}


def test_an_update_is_believed_by_when_the_queue_took_it(container: Container) -> None:
    taken = str(int(SENT_AT) + 8 * DAY * 1000)
    late = record(update(5)) | {"attributes": {"SentTimestamp": taken}}

    take(container, late)

    assert list(lines_of(container)) == ["telegram/context_date=2026-10-15"]


def test_a_batch_is_one_line_in_the_log(container: Container) -> None:
    container.pace = timedelta(seconds=1)

    take(container, record(update(5)), record(update(6)))

    (line,) = container.lines()
    assert (line["landed"], line["ms"], line["level"]) == (2, 1_000, "INFO")
