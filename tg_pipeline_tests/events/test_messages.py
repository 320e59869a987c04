"""Messages are parsed; those about something else are ignored; unreadable ones are an error."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.events.messages import (
    Event,
    LandingAddress,
    ObjectCreatedEvent,
    ScheduleEvent,
    read_event,
)
from tg_pipeline.exceptions import EventsQueueError, UnreadableEventError
from tg_pipeline_tests.fakes.sqs import BUCKET, created, landed, tick

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
DAY = date(2026, 10, 7)
OBJECT = "context_date=2026-10-07/7-1.json"


def read(body: str, uri: str = f"s3://{BUCKET}", zone: ZoneInfo = SAO_PAULO) -> Event | None:
    return read_event(body, LandingAddress.of(uri), zone)


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        ("2026-10-10T03:00:00-03:00", "America/Sao_Paulo", date(2026, 10, 9)),
        ("2026-10-10T02:00:00Z", "America/Sao_Paulo", date(2026, 10, 8)),
        ("2026-10-10T18:00:00Z", "Asia/Tokyo", date(2026, 10, 10)),
    ],
)
def test_a_schedule_event_is_about_the_day_before_in_the_time_zone(
    at: str, zone: str, day: date
) -> None:
    assert read(tick(at), zone=ZoneInfo(zone)) == ScheduleEvent(day)


@pytest.mark.parametrize(
    "name", ["7-1.json", "sub/7-1.json", "a%20b+c.json", "ção:1.json", "a=b&c"]
)
def test_an_object_event_is_about_the_day_of_the_folder(name: str) -> None:
    assert read(landed(DAY, name)) == ObjectCreatedEvent(DAY)


@pytest.mark.parametrize("uri", [f"s3://{BUCKET}/some/where", f"s3://{BUCKET}/some/where/"])
def test_only_objects_under_the_prefix_of_the_landing_zone_count(uri: str) -> None:
    assert read(created(f"some/where/telegram/{OBJECT}"), uri) == ObjectCreatedEvent(DAY)
    for other in ("telegram", "some/where/else/telegram", "some/wheretelegram"):
        assert read(created(f"{other}/{OBJECT}"), uri) is None


IGNORED = {
    "another bucket": landed(DAY, bucket="another"),
    "rejected": created("rejected/context_date=2026-10-07/ab.json"),
    "at the top": created("7-1.json"),
    "the marker of a day's folder": created("telegram/context_date=2026-10-07/"),
    "the marker of the root folder": created("telegram/"),
    "a deletion": created(f"telegram/{OBJECT}", **{"detail-type": "Object Deleted"}),
    "another service": created(f"telegram/{OBJECT}", source="aws.health"),
}


@pytest.mark.parametrize("what", IGNORED)
def test_events_about_something_else_are_ignored(what: str) -> None:
    assert read(IGNORED[what]) is None


UNREADABLE = {
    "not JSON": ("nope", "is not a valid event: JSON is malformed"),
    "empty": ("", "is not a valid event: Input data was truncated"),
    "a list": ("[1]", "is not a valid event: Expected `object`"),
    "S3's own notification": ('{"Records": []}', "missing required field `source`"),
    "a lone surrogate": ('{"source": "\ud800"}', "is not a valid event"),
    "deeply nested JSON": ('{"x": ' + "[" * 100_000, "is not a valid event"),
    "a schedule event without a time": (tick("<aws.scheduler.scheduled-time>"), "Invalid RFC3339"),
    "a schedule event without a time zone": (tick("2026-10-10T06:00:00"), "with a timezone"),
    "a schedule event before year 1": (tick("0001-01-01T00:00:00Z"), "out of range"),
    "an object without a bucket": (created("x", detail={"object": {"key": "x"}}), "`bucket`"),
    "a day that does not exist": (
        created("telegram/context_date=2026-02-31/7-1.json"),
        "is not in a folder context_date=",
    ),
    "an encoded key": (
        created("telegram/context_date%3D2026-10-07/1.json"),
        "'telegram/context_date%3D2026-10-07/1.json' is not in a folder context_date=",
    ),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_an_unreadable_message_is_an_error_of_one_sentence(what: str) -> None:
    body, reason = UNREADABLE[what]

    with pytest.raises(UnreadableEventError) as error:
        read(body)

    assert reason in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@settings(max_examples=50)
@given(st.text() | st.builds(created, st.text()) | st.builds(tick, st.text()))
def test_any_text_is_parsed_or_an_unreadable_event(body: str) -> None:
    try:
        event = read(body)
    except UnreadableEventError:
        return
    assert event is None or isinstance(event, ScheduleEvent | ObjectCreatedEvent)


def test_a_landing_zone_on_disk_has_no_events() -> None:
    with pytest.raises(EventsQueueError, match="set it to the bucket's s3:// URI"):
        LandingAddress.of("file:///var/lib/landing")
