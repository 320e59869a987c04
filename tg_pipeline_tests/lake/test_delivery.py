"""Bodies are put where nothing is yet, and each has its outcome, in order."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.landing import LandedUpdate, TrustLevel, unwrap_rejected
from lambda_ingest.writer import LandingWriter
from tg_pipeline.lake.landing_writer import (
    Delivery,
    LandingStats,
    LandResult,
    land_all,
    land_batches,
)
from tg_pipeline.lake.landing_zone import list_days, list_objects

ARRIVED = datetime(2026, 10, 7, 15, tzinfo=UTC)
DAY, NEXT_DAY = date(2026, 10, 7), date(2026, 10, 8)


@pytest.fixture
def door(landing: ObjectStore) -> LandingWriter:
    return LandingWriter(landing, 7, ZoneInfo("America/Sao_Paulo"), TrustLevel.NETWORK)


def arrival(update_id: int, day: date = DAY) -> Delivery:
    happened = ARRIVED + (day - DAY)
    message = {"date": int(happened.timestamp()), "text": "olá"}
    body = json.dumps({"update_id": update_id, "message": message}).encode()
    return Delivery(body, happened + timedelta(seconds=1), f"line {update_id}")


def garbage(origin: str) -> Delivery:
    return Delivery(f"garbage of {origin}".encode(), ARRIVED, origin)


def tally(outcomes: list[LandResult]) -> LandingStats:
    counted = LandingStats()
    for outcome in outcomes:
        counted.count(outcome)
    return counted


def keys(door: LandingWriter, prefix: str) -> list[str]:
    found = obstore.list(door.landing, prefix).collect()
    return sorted(meta["path"] for meta in found)


def lines_of(door: LandingWriter, key: str) -> list[bytes]:
    return gzip.decompress(obstore.get(door.landing, key).bytes().to_bytes()).splitlines()


def test_each_body_is_put_under_its_own_key_as_it_came(door: LandingWriter) -> None:
    (outcome,) = land_all(door, [arrival(5)])

    assert isinstance(outcome.taken.parsed, LandedUpdate)
    assert outcome.taken.parsed.key == "telegram/context_date=2026-10-07/7-5.json"
    stored = obstore.get(door.landing, outcome.taken.parsed.key).bytes().to_bytes()
    assert stored == arrival(5).body


def test_what_became_of_the_bodies_is_counted(door: LandingWriter) -> None:
    once = [arrival(1), garbage("line 2"), arrival(3), garbage("line 4"), arrival(1)]

    first = tally([*land_all(door, once[:4]), *land_all(door, once[4:])])

    assert (first.landed, first.already_there, first.rejected, first.seen) == (2, 1, 2, 5)
    assert first.days == {DAY: 3}
    assert first.first_rejection is not None
    assert first.first_rejection.startswith("line 2: The body is not JSON")


def test_delivered_again_nothing_lands_and_the_first_bytes_stand(door: LandingWriter) -> None:
    arrivals = [arrival(number) for number in range(10)]
    list(land_all(door, arrivals))
    before = list_objects(door.landing, DAY)

    again = tally(list(land_all(door, arrivals)))

    assert (again.landed, again.already_there) == (0, 10)
    assert list_objects(door.landing, DAY).equals(before)


def test_the_outcomes_come_in_the_order_of_the_arrivals(door: LandingWriter) -> None:
    arrivals = [garbage(f"g{n}") if n % 7 == 0 else arrival(n) for n in range(2_000)]

    outcomes = list(land_all(door, iter(arrivals)))

    assert [outcome.origin for outcome in outcomes] == [each.origin for each in arrivals]
    assert list_objects(door.landing, DAY).num_rows == tally(outcomes).landed


def test_nothing_arrives_and_nothing_happens(door: LandingWriter) -> None:
    assert list(land_all(door, [])) == list(land_batches(door, [], 10)) == []


def test_what_is_rejected_can_be_had_back_from_the_landing_zone(door: LandingWriter) -> None:
    list(land_all(door, [garbage("a")]))
    list(land_batches(door, [garbage("b")], 10))

    stored = [obstore.get(door.landing, key).bytes().to_bytes() for key in keys(door, "rejected")]
    assert {unwrap_rejected(body) for body in stored} == {garbage("a").body, garbage("b").body}


def test_batches_hold_updates_of_one_day_each_up_to_their_size(door: LandingWriter) -> None:
    arrivals = [arrival(n, NEXT_DAY if n % 2 else DAY) for n in range(10)]

    outcomes = list(land_batches(door, arrivals, 3))

    counted = tally(outcomes)
    assert (counted.landed, counted.days) == (10, {DAY: 5, NEXT_DAY: 5})
    assert list_days(door.landing) == [DAY, NEXT_DAY]
    for day, remainder in ((DAY, 0), (NEXT_DAY, 1)):
        batches = [lines_of(door, key) for key in keys(door, f"telegram/context_date={day}")]
        ids = [[json.loads(line)["update_id"] for line in lines] for lines in batches]
        assert sorted(ids) == [
            [remainder, remainder + 2, remainder + 4],
            [remainder + 6, 8 + remainder],
        ]


def test_batches_delivered_again_land_nothing_new(door: LandingWriter) -> None:
    arrivals = [arrival(n, NEXT_DAY if n > 5 else DAY) for n in range(10)] + [garbage("x")]
    list(land_batches(door, iter(arrivals), 4))
    before = keys(door, "")

    again = tally(list(land_batches(door, iter(arrivals), 4)))

    assert (again.landed, again.already_there, again.rejected) == (0, 10, 1)
    assert keys(door, "") == before
