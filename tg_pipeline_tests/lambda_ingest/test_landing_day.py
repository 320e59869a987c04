"""The day of an update: the one it happened on in the zone, if the sender can be believed."""

import json
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lambda_ingest.landing import LandedUpdate, TrustLevel, land

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NEW_YORK = ZoneInfo("America/New_York")
ARRIVED = datetime(2026, 10, 7, 15, 0, tzinfo=UTC)
ARRIVAL_DAY = date(2026, 10, 7)
SECOND = timedelta(seconds=1)


def day_of(
    content: dict[str, Any],
    arrived_at: datetime = ARRIVED,
    zone: tzinfo = SAO_PAULO,
    sender: TrustLevel = TrustLevel.NETWORK,
) -> date:
    body = json.dumps({"update_id": 5, "message": content}).encode()
    result = land(body, bot_id=7, arrived_at=arrived_at, zone=zone, sender=sender)
    assert isinstance(result, LandedUpdate)
    assert result.key.startswith(f"telegram/context_date={result.day}/")
    return result.day


def day_of_moment(happened: datetime, **more: Any) -> date:
    return day_of({"date": int(happened.timestamp())}, **more)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_update_lands_under_the_day_it_happened() -> None:
    assert day_of_moment(ARRIVED - timedelta(days=3)) == date(2026, 10, 4)


@pytest.mark.parametrize(
    ("happened", "day"),
    [("2026-10-07T02:59:59", date(2026, 10, 6)), ("2026-10-07T03:00:00", date(2026, 10, 7))],
)
def test_a_day_begins_at_midnight_in_sao_paulo_not_in_greenwich(happened: str, day: date) -> None:
    assert day_of_moment(utc(happened)) == day


@pytest.mark.parametrize(
    ("happened", "day"),
    [
        ("2026-11-01T03:59:59", date(2026, 10, 31)),
        ("2026-11-01T04:00:00", date(2026, 11, 1)),
        ("2026-11-02T04:59:59", date(2026, 11, 1)),
        ("2026-11-02T05:00:00", date(2026, 11, 2)),
    ],
)
def test_a_day_whose_clocks_go_back_has_25_hours(happened: str, day: date) -> None:
    assert day_of_moment(utc(happened), arrived_at=utc(happened), zone=NEW_YORK) == day


@pytest.mark.parametrize(
    ("happened", "day"),
    [("2018-11-04T02:59:59", date(2018, 11, 3)), ("2018-11-04T03:00:00", date(2018, 11, 4))],
)
def test_a_day_without_a_midnight_begins_at_one(happened: str, day: date) -> None:
    assert day_of_moment(utc(happened), arrived_at=utc(happened)) == day


def test_without_an_event_time_the_day_is_that_of_the_arrival_in_the_zone() -> None:
    assert day_of({}, arrived_at=utc("2026-10-07T02:59:59")) == date(2026, 10, 6)
    assert day_of({}, arrived_at=utc("2026-10-07T03:00:00")) == date(2026, 10, 7)


def test_the_network_is_believed_for_seven_days() -> None:
    edge = ARRIVED - timedelta(days=7)

    assert day_of_moment(edge) == date(2026, 9, 30)
    assert day_of_moment(edge - SECOND) == ARRIVAL_DAY


@pytest.mark.parametrize("sender", TrustLevel)
def test_nobody_is_believed_further_ahead_than_a_day(sender: TrustLevel) -> None:
    edge = ARRIVED + timedelta(days=1)

    assert day_of_moment(edge, sender=sender) == date(2026, 10, 8)
    assert day_of_moment(edge + SECOND, sender=sender) == ARRIVAL_DAY


@pytest.mark.parametrize("zone", [SAO_PAULO, UTC, NEW_YORK], ids=str)
def test_an_operator_is_believed_back_to_the_launch_of_telegram(zone: tzinfo) -> None:
    launch = datetime(2013, 8, 14, tzinfo=zone)

    assert day_of_moment(launch, zone=zone, sender=TrustLevel.OPERATOR) == date(2013, 8, 14)
    assert day_of_moment(launch - SECOND, zone=zone, sender=TrustLevel.OPERATOR) == ARRIVAL_DAY


@pytest.mark.parametrize("wrong", [True, 1.5, -1, 0, 10**30, "1791378000", None])
def test_a_date_that_is_none_leaves_the_day_of_arrival(wrong: Any) -> None:
    assert day_of({"date": wrong}, sender=TrustLevel.OPERATOR) == ARRIVAL_DAY
