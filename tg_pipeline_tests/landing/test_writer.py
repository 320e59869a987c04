"""Bodies land once, one object each or in batches, and each has its result, in order."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.landing import TrustLevel, unwrap_rejected
from lambda_ingest.writer import LandingWriter
from tg_pipeline.landing import writer as landing_writer
from tg_pipeline.landing.writer import (
    Delivery,
    LandingStats,
    LandResult,
    land_all,
    land_batches,
)
from tg_pipeline.landing.zone import list_days, list_objects
from tg_pipeline_tests.stores import DAY, NEXT_DAY

ARRIVED = datetime(2026, 10, 7, 15, tzinfo=UTC)

Land = Callable[[LandingWriter, Iterable[Delivery]], Iterable[LandResult]]


@pytest.fixture
def writer(landing: ObjectStore) -> LandingWriter:
    return LandingWriter(landing, 7, ZoneInfo("America/Sao_Paulo"), TrustLevel.NETWORK)


def delivery(update_id: int, day: date = DAY) -> Delivery:
    happened = ARRIVED + (day - DAY)
    message = {"date": int(happened.timestamp()), "text": "olá"}
    body = json.dumps({"update_id": update_id, "message": message}).encode()
    return Delivery(body, happened + timedelta(seconds=1), f"line {update_id}")


def garbage(origin: str) -> Delivery:
    return Delivery(f"garbage of {origin}".encode(), ARRIVED, origin)


def in_batches(writer: LandingWriter, deliveries: Iterable[Delivery]) -> Iterable[LandResult]:
    return land_batches(writer, deliveries, 4)


def stats(results: Iterable[LandResult]) -> LandingStats:
    counted = LandingStats()
    for result in results:
        counted.count(result)
    return counted


def contents(writer: LandingWriter, prefix: str) -> list[bytes]:
    keys = [meta["path"] for meta in obstore.list(writer.landing, prefix).collect()]
    return [obstore.get(writer.landing, key).bytes().to_bytes() for key in keys]


def test_results_are_counted(writer: LandingWriter) -> None:
    deliveries = [delivery(1), garbage("line 2"), delivery(3), garbage("line 4"), delivery(1)]

    counted = stats([*land_all(writer, deliveries[:4]), *land_all(writer, deliveries[4:])])

    assert (counted.landed, counted.already_there, counted.rejected, counted.seen) == (2, 1, 2, 5)
    assert counted.days == {DAY: 3}
    assert counted.first_rejection is not None
    assert counted.first_rejection.startswith("line 2: The body is not JSON")


@pytest.mark.parametrize("land", [land_all, in_batches], ids=["one by one", "in batches"])
def test_landing_the_same_bodies_again_changes_nothing(writer: LandingWriter, land: Land) -> None:
    deliveries = [delivery(n, NEXT_DAY if n > 5 else DAY) for n in range(10)] + [garbage("x")]
    list(land(writer, deliveries))
    before = obstore.list(writer.landing).collect()

    again = stats(land(writer, deliveries))

    assert (again.landed, again.already_there, again.rejected) == (0, 10, 1)
    assert obstore.list(writer.landing).collect() == before


def test_results_are_in_the_order_of_the_deliveries(writer: LandingWriter) -> None:
    deliveries = [garbage(f"g{n}") if n % 7 == 0 else delivery(n) for n in range(500)]

    results = list(land_all(writer, iter(deliveries)))

    assert [result.origin for result in results] == [each.origin for each in deliveries]
    assert list_objects(writer.landing, DAY).num_rows == stats(results).landed


def test_a_rejected_body_can_be_restored_from_the_landing_zone(writer: LandingWriter) -> None:
    list(land_all(writer, [garbage("a")]))
    list(land_batches(writer, [garbage("b")], 10))

    stored = set(map(unwrap_rejected, contents(writer, "rejected")))
    assert stored == {garbage("a").body, garbage("b").body}


def test_a_batch_has_updates_of_one_day_up_to_its_size(writer: LandingWriter) -> None:
    deliveries = [delivery(n, NEXT_DAY if n % 2 else DAY) for n in range(10)]

    counted = stats(land_batches(writer, deliveries, 3))

    assert (counted.landed, counted.days) == (10, {DAY: 5, NEXT_DAY: 5})
    assert list_days(writer.landing) == [DAY, NEXT_DAY]
    for day, first in ((DAY, 0), (NEXT_DAY, 1)):
        batches = map(gzip.decompress, contents(writer, f"telegram/context_date={day}"))
        ids = [[json.loads(line)["update_id"] for line in each.splitlines()] for each in batches]
        assert sorted(ids) == [[first, first + 2, first + 4], [first + 6, first + 8]]


def test_batches_of_years_of_days_hold_a_bounded_number_of_updates(
    writer: LandingWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given updates of many days, as a history has them, and a limit of what may be held
    monkeypatch.setattr(landing_writer, "MAX_HELD", 12)
    deliveries = [delivery(n, DAY + timedelta(days=n % 5)) for n in range(100)]
    handed = 0

    def counted() -> Iterator[Delivery]:
        nonlocal handed
        for each in deliveries:
            handed += 1
            yield each

    # When they are landed
    landed, most = 0, 0
    for _ in land_batches(writer, counted(), 10):
        most = max(most, handed - landed)
        landed += 1

    # Then no more than that were held, all have landed, and again they are the same batches
    assert most <= 12
    assert landed == 100
    before = obstore.list(writer.landing).collect()
    assert stats(land_batches(writer, deliveries, 10)).already_there == 100
    assert obstore.list(writer.landing).collect() == before


def test_batches_hold_a_bounded_number_of_bytes(
    writer: LandingWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries = [delivery(n, DAY + timedelta(days=n)) for n in range(3)]
    monkeypatch.setattr(landing_writer, "MAX_HELD_BYTES", len(deliveries[0].body) + 1)

    results = land_batches(writer, iter(deliveries), 10)

    next(results)
    assert len(list_days(writer.landing)) == 1
    assert len(list(results)) == 2
