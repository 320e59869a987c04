"""Where the original course project broke at its door, and no longer does."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lambda_ingest.landing import LandedUpdate, TrustLevel, land

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
JUST_BEFORE_MIDNIGHT = datetime(2026, 10, 7, 23, 59, 30, tzinfo=SAO_PAULO)


def landed(arrived_at: datetime, update_id: int = 5, **contents: Any) -> LandedUpdate:
    body = json.dumps({"update_id": update_id, **contents}).encode()
    result = land(body, bot_id=7, arrived_at=arrived_at, zone=SAO_PAULO, sender=TrustLevel.NETWORK)
    assert isinstance(result, LandedUpdate)
    return result


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("edited_message", {"date": 1, "edit_date": 2, "chat": {"id": -100}, "text": "a"}),
        ("channel_post", {"date": 1, "sender_chat": {"id": -100}, "text": "a"}),
        ("callback_query", {"id": "1", "from": {"id": 3}, "data": "yes"}),
        ("message_reaction", {"date": 1, "chat": {"id": -100}, "new_reaction": []}),
        ("my_chat_member", {"date": 1, "chat": {"id": -100}}),
        ("poll", {"id": "1"}),
        ("a_type_of_next_year", {"anything": [1, None]}),
    ],
)
def test_an_update_that_is_no_message_is_no_error(kind: str, content: Any) -> None:
    update = landed(JUST_BEFORE_MIDNIGHT, **{kind: content})

    assert json.loads(update.body)[kind] == content


def test_a_message_without_text_or_sender_is_no_error() -> None:
    assert landed(JUST_BEFORE_MIDNIGHT, message={"date": 1, "photo": []}).update_id == 5


def test_a_retry_is_not_stored_a_second_time() -> None:
    message = {"date": seconds(JUST_BEFORE_MIDNIGHT), "text": "a"}

    first = landed(JUST_BEFORE_MIDNIGHT, message=message)
    retry = landed(JUST_BEFORE_MIDNIGHT + timedelta(seconds=20), message=message)

    assert first.key == retry.key


def test_two_updates_in_one_microsecond_do_not_overwrite_each_other() -> None:
    message = {"date": seconds(JUST_BEFORE_MIDNIGHT), "text": "a"}

    one = landed(JUST_BEFORE_MIDNIGHT, update_id=5, message=message)
    other = landed(JUST_BEFORE_MIDNIGHT, update_id=6, message=message)

    assert one.key != other.key


@pytest.mark.parametrize("late", [timedelta(minutes=1), timedelta(hours=24)])
def test_a_retry_after_midnight_and_a_backlog_count_on_the_day_they_happened(
    late: timedelta,
) -> None:
    message = {"date": seconds(JUST_BEFORE_MIDNIGHT), "text": "a"}

    update = landed((JUST_BEFORE_MIDNIGHT + late).astimezone(UTC), message=message)

    assert update.day == JUST_BEFORE_MIDNIGHT.date()


def test_the_day_is_not_always_three_hours_behind_greenwich() -> None:
    in_summer_time = datetime(2018, 12, 1, 2, 30, tzinfo=UTC)

    update = landed(in_summer_time, message={"date": seconds(in_summer_time)})

    assert update.day.isoformat() == "2018-12-01"


def test_the_update_id_is_kept() -> None:
    update = landed(JUST_BEFORE_MIDNIGHT, update_id=412_000_001, message={})

    assert update.update_id == 412_000_001
    assert update.key.endswith("/7-412000001.json")
