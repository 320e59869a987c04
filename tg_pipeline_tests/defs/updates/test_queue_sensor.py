"""The queue sensor: what it requests, and when it deletes a message."""

import re
from pathlib import Path

import dagster as dg
import pytest

from tg_pipeline.defs.updates.queue_sensor import QueueCursor, QueueLimits, events_sensor
from tg_pipeline.defs.updates.run_requests import RequestedState
from tg_pipeline.events.queue import QueueMessage
from tg_pipeline.exceptions import EventsQueueError
from tg_pipeline_tests.defs.conftest import StoppedClock
from tg_pipeline_tests.defs.sensor_scenarios import QueueVariant, in_zone
from tg_pipeline_tests.fakes.sqs import FakeQueue, created, landed, tick, tick_of


@pytest.fixture
def variant(tmp_path: Path, instance: dg.DagsterInstance) -> QueueVariant:
    return QueueVariant(tmp_path, instance)


def poll(variant: QueueVariant, moment: str) -> dg.SensorResult:
    variant.now = in_zone(moment)
    return variant.poll()


def asked(found: dg.SensorResult) -> list[str | None]:
    tag = "dagster/asset_partition_range_start"
    return [each.partition_key or each.tags[tag] for each in found.run_requests or []]


CURSOR = QueueCursor(
    days=frozenset({in_zone("2026-10-09").date()}),
    since=in_zone("2026-10-10 12:00"),
    requested={in_zone("2026-10-09").date(): RequestedState("a1", alone=True)},
    scanned_at=in_zone("2026-10-10 11:00"),
)


def test_a_cursor_is_decoded_as_it_was_encoded() -> None:
    assert QueueCursor.decode(CURSOR.encode()) == CURSOR


@pytest.mark.parametrize(
    "cursor",
    [
        *(None, "", "{", "[]", '{"days": 5}', "3 2026-10-08=1:2:3"),
        '{"since":"2026-10-10T00:00:00"}',
        '{"recorded":["2026-10-08"],"waiting":[],"since":null,"attempt":"{}"}',
    ],
)
def test_a_damaged_cursor_or_one_in_another_format_is_empty(cursor: str | None) -> None:
    assert QueueCursor.decode(cursor) == QueueCursor()


def test_a_tick_requests_its_day_and_is_kept_until_the_run_is_recorded(
    variant: QueueVariant,
) -> None:
    # When a tick is delivered twice, then the day before is requested, and the messages are kept
    variant.queue.send(*[tick("2026-10-10T06:00:00Z")] * 2)
    found = poll(variant, "2026-10-10 03:01")
    assert {each.run_key for each in found.run_requests or []} == {"daily:2026-10-09"}
    assert len(variant.queue.bodies) == 2

    # And it is requested again until its run is in Dagster's history
    assert set(asked(poll(variant, "2026-10-10 03:10"))) == {"2026-10-09"}
    assert variant.run(found) == ["daily:2026-10-09"]
    variant.queue.send(tick("2026-10-10T06:00:00Z"))
    assert asked(poll(variant, "2026-10-10 03:20")) == []
    assert variant.queue.bodies == []


def test_late_ticks_of_several_nights_are_scanned_together(variant: QueueVariant) -> None:
    # Given a machine that was off for four nights, and two days with something on them
    variant.queue.send(*(tick_of(in_zone(f"2026-10-{day:02} 03:00")) for day in (6, 7, 8, 9)))
    variant.land("2026-10-05", "2026-10-06")

    # Then the last night's day is requested first, the days before it in one run, and then the
    # last day again, since marts of it look back to those
    assert variant.evaluate("2026-10-09 10:00") == [
        "daily:2026-10-08",
        "2026-10-05 to 2026-10-06",
        "2026-10-08 to 2026-10-08",
    ]
    assert variant.queue.bodies == []


def test_late_days_are_requested_after_messages_were_collected_for_five_minutes(
    variant: QueueVariant,
) -> None:
    variant.land("2026-10-05")

    # When messages come, they are kept until their day is in a recorded cursor
    assert asked(poll(variant, "2026-10-10 12:00")) == []
    assert asked(poll(variant, "2026-10-10 12:04")) == []
    assert len(variant.queue.bodies) == 2

    # Then their day is requested once
    found = poll(variant, "2026-10-10 12:05")
    assert asked(found) == ["2026-10-05"]
    assert variant.queue.bodies == []
    variant.run(found)
    assert asked(poll(variant, "2026-10-10 12:11")) == []


def test_a_message_received_with_the_scan_is_not_deleted_by_it(
    variant: QueueVariant,
) -> None:
    # Given a day in the cursor, and another on which something lands just before the request
    variant.land("2026-10-05")
    poll(variant, "2026-10-10 12:00")
    variant.land("2026-10-07")

    # When the evaluation that requests both is not recorded
    recorded = variant.cursor
    assert asked(poll(variant, "2026-10-10 12:06")) == ["2026-10-05", "2026-10-07"]
    variant.cursor = recorded

    # Then both are requested again
    assert asked(poll(variant, "2026-10-10 12:12")) == ["2026-10-05", "2026-10-07"]


def test_messages_about_today_are_deleted_once_the_day_is_in_the_cursor(
    variant: QueueVariant,
) -> None:
    # Given an update of today
    variant.land("2026-10-10")
    poll(variant, "2026-10-10 12:00")
    assert len(variant.queue.bodies) == 2

    # When the day is in a recorded cursor
    assert asked(poll(variant, "2026-10-10 12:06")) == []
    variant.land("2026-10-10")
    poll(variant, "2026-10-10 12:07")

    # Then its messages are deleted, and the day is requested once it is over, even without a tick
    assert variant.queue.bodies == []
    assert variant.evaluate("2026-10-11 02:00") == []
    assert variant.evaluate("2026-10-11 04:00") == ["2026-10-10 to 2026-10-10"]


def test_a_day_that_is_built_needs_no_message(variant: QueueVariant) -> None:
    variant.land("2026-10-05")
    variant.evaluate("2026-10-10 09:00")

    # When old messages come again
    variant.announce(in_zone("2026-10-05").date(), "7-1.json")

    assert variant.evaluate("2026-10-10 12:00") == []
    assert variant.queue.bodies == []
    assert QueueCursor.decode(variant.cursor).days == frozenset()


def test_events_about_other_objects_are_deleted(variant: QueueVariant) -> None:
    variant.queue.send(
        created("rejected/context_date=2026-10-05/ab.json", variant.bucket),
        landed(in_zone("2026-10-05").date(), bucket="another"),
        landed(in_zone("2026-09-30").date(), bucket=variant.bucket),
        landed(in_zone("2026-10-12").date(), bucket=variant.bucket),
        tick("2026-10-01T06:00:00Z"),
    )

    assert asked(poll(variant, "2026-10-10 12:00")) == []
    assert variant.queue.bodies == []
    assert QueueCursor.decode(variant.cursor) == QueueCursor()


def test_unreadable_messages_are_kept_in_the_lake_and_block_no_others(
    variant: QueueVariant,
) -> None:
    variant.queue.send("nope", tick("2026-10-11T06:00:00Z"))
    variant.queue.send(created("telegram/context_date=2026-02-31/1.json", variant.bucket))

    told = poll(variant, "2026-10-10 12:00").skip_reason

    assert told
    assert "3 messages received, 0 of them still needed." in str(told)
    assert "The message is not a valid event: JSON is malformed" in str(told)
    assert "The tick asks for 2026-10-10, which is not over." in str(told)
    assert "is not in a folder context_date=YYYY-MM-DD. It is kept as rejected_events/" in str(told)
    assert len(re.findall("rejected_events/", str(told))) == 3
    assert variant.queue.bodies == []

    variant.queue.send("nope", tick("2026-10-10T06:00:00Z"))
    assert asked(poll(variant, "2026-10-10 12:10")) == ["2026-10-09"]


def test_an_unavailable_queue_fails_the_tick_in_one_sentence(
    variant: QueueVariant, caplog: pytest.LogCaptureFixture
) -> None:
    class Gone(FakeQueue):
        def receive(self) -> list[QueueMessage]:
            raise EventsQueueError("The events queue x refuses ReceiveMessage: no.")

    sensor = events_sensor(Gone, QueueLimits())
    context = dg.build_sensor_context(instance=variant.instance)

    with pytest.raises(EventsQueueError, match="refuses ReceiveMessage: no"):
        sensor(context, landing=variant.landing, lake=variant.lake, clock=StoppedClock())
    assert caplog.messages == ["The events queue x refuses ReceiveMessage: no."]
