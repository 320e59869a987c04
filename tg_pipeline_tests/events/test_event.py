"""What a message says, and why one that says nothing is told from one that is not for us."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_pipeline.events.messages import (
    Event,
    LandingAddress,
    ObjectCreatedEvent,
    ScheduleEvent,
    read_event,
)
from tg_pipeline.exceptions import EventsQueueError, UnreadableEventError
from tg_pipeline_tests.events.messages import BUCKET, created, landed, tick

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
DAY = date(2026, 10, 7)
OBJECT = "context_date=2026-10-07/7-1.json"


def read(body: str, uri: str = f"s3://{BUCKET}", zone: ZoneInfo = SAO_PAULO) -> Event | None:
    return read_event(body, LandingAddress.of(uri), zone)


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        ("2026-10-10T06:00:00Z", "America/Sao_Paulo", date(2026, 10, 9)),
        ("2026-10-10T03:00:00-03:00", "America/Sao_Paulo", date(2026, 10, 9)),
        ("2026-10-10T02:00:00Z", "America/Sao_Paulo", date(2026, 10, 8)),
        ("2026-10-10T18:00:00Z", "Asia/Tokyo", date(2026, 10, 10)),
        ("2026-10-25T01:00:00Z", "Europe/Lisbon", date(2026, 10, 24)),
    ],
)
def test_a_tick_asks_for_the_day_before_its_own_in_the_zone(at: str, zone: str, day: date) -> None:
    assert read(tick(at), zone=ZoneInfo(zone)) == ScheduleEvent(day)


def test_an_object_asks_for_the_day_whose_folder_it_is_in() -> None:
    assert read(landed(DAY)) == ObjectCreatedEvent(DAY)
    assert read(created(f"telegram/{OBJECT}")) == ObjectCreatedEvent(DAY)
    assert read(created("telegram/context_date=2026-10-07/sub/7-1.json")) == ObjectCreatedEvent(DAY)


@pytest.mark.parametrize("name", ["a b.json", "a%20b.json", "a+b.json", "ção:1.json", "a=b&c"])
def test_a_key_stands_in_the_event_as_it_is(name: str) -> None:
    assert read(landed(DAY, name)) == ObjectCreatedEvent(DAY)


@pytest.mark.parametrize("uri", [f"s3://{BUCKET}/some/where", f"s3://{BUCKET}/some/where/"])
def test_a_landing_zone_below_a_prefix_hears_of_its_own_objects_only(uri: str) -> None:
    assert read(created(f"some/where/telegram/{OBJECT}"), uri) == ObjectCreatedEvent(DAY)
    assert read(created(f"telegram/{OBJECT}"), uri) is None
    assert read(created(f"some/where/else/telegram/{OBJECT}"), uri) is None
    assert read(created(f"some/wheretelegram/{OBJECT}"), uri) is None


NOT_OURS = {
    "another bucket": landed(DAY, bucket="another"),
    "rejected": created("rejected/context_date=2026-10-07/ab.json"),
    "chats": created("chats/-100/successor-of--5.json"),
    "at the top": created("7-1.json"),
    "the mark of a day's folder": created("telegram/context_date=2026-10-07/"),
    "the mark of the zone's folder": created("telegram/"),
    "a deletion": created(f"telegram/{OBJECT}", **{"detail-type": "Object Deleted"}),
    "another service": created(f"telegram/{OBJECT}", source="aws.health"),
}


@pytest.mark.parametrize("what", NOT_OURS)
def test_what_is_not_for_us_is_nothing(what: str) -> None:
    assert read(NOT_OURS[what]) is None


UNREADABLE = {
    "no JSON": ("nope", "is no event: JSON is malformed"),
    "nothing": ("", "is no event: Input data was truncated"),
    "a list": ("[1]", "is no event: Expected `object`"),
    "no fields": ("{}", "missing required field `source`"),
    "what S3 sends by itself": ('{"Records": []}', "missing required field `source`"),
    "a lone surrogate": ('{"source": "\ud800"}', "is no event"),
    "JSON nested without end": ("[" * 100_000, "is no event"),
    "a nested rest": ('{"x": ' + "[" * 100_000, "is no event"),
    "a tick of no time": (tick("<aws.scheduler.scheduled-time>"), "Invalid RFC3339"),
    "a tick of no zone": (tick("2026-10-10T06:00:00"), "with a timezone"),
    "a tick before all days": (tick("0001-01-01T00:00:00Z"), "out of range"),
    "an object of no bucket": (created("x", detail={"object": {"key": "x"}}), "`bucket`"),
    "a key that is no text": (
        created("x", detail={"bucket": {"name": BUCKET}, "object": {"key": 5}}),
        "Expected `str`",
    ),
    "no such day": (created("telegram/context_date=2026-02-31/7-1.json"), "in no day's folder"),
    "a day of another form": (created("telegram/context_date=20261007/1.json"), "in no day's"),
    "a key encoded": (created("telegram/context_date%3D2026-10-07/1.json"), "in no day's folder"),
    "beside the days": (created("telegram/notes.txt"), "'telegram/notes.txt' is in no day's"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_can_t_be_read_says_why_in_one_sentence(what: str) -> None:
    body, said = UNREADABLE[what]

    with pytest.raises(UnreadableEventError) as error:
        read(body)

    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@given(st.text() | st.builds(created, st.text()) | st.builds(tick, st.text()))
def test_whatever_comes_is_read_or_refused(body: str) -> None:
    try:
        event = read(body)
    except UnreadableEventError:
        return
    assert event is None or isinstance(event, ScheduleEvent | ObjectCreatedEvent)


@pytest.mark.parametrize("uri", ["file:///var/lib/landing", "file://localhost/landing"])
def test_a_landing_zone_that_is_no_bucket_has_no_events(uri: str) -> None:
    with pytest.raises(EventsQueueError, match="set it to the bucket's s3:// URI"):
        LandingAddress.of(uri)
