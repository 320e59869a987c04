"""What the sensor of the queue asks for, and when it deletes a message."""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import dagster as dg
import pytest

from tg_pipeline.defs.queue_sensor import events_sensor
from tg_pipeline.defs.queue_turn import Pace
from tg_pipeline.events.memory import Memory
from tg_pipeline.events.queue import QueueMessage
from tg_pipeline.events.sqs import open_queue
from tg_pipeline.exceptions import EventsQueueError
from tg_pipeline.logs import JsonLines
from tg_pipeline_tests.defs.conftest import StoppedClock
from tg_pipeline_tests.defs.forms import GAP, QueueForm, in_zone
from tg_pipeline_tests.fakes.sqs import (
    REGION,
    FakeQueue,
    created,
    landed,
    sqs_server,
    tick,
    tick_of,
)


@pytest.fixture
def form(tmp_path: Path) -> Iterator[QueueForm]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield QueueForm(tmp_path, instance)


def turn(form: QueueForm, moment: str) -> dg.SensorResult:
    form.now = in_zone(moment)
    return form.turn()


def asked(found: dg.SensorResult) -> list[str | None]:
    """Give the days or spans that are asked for, by their first day."""
    tag = "dagster/asset_partition_range_start"
    return [each.partition_key or each.tags[tag] for each in found.run_requests or []]


def test_a_tick_asks_for_its_day_at_once_and_stays_until_the_run_is_recorded(
    form: QueueForm,
) -> None:
    # When a tick comes
    form.queue.send(tick("2026-10-10T06:00:00Z"))
    found = turn(form, "2026-10-10 03:01")

    # Then the day before is asked for, and the message is still there
    assert [each.run_key for each in found.run_requests or []] == ["daily:2026-10-09"]
    assert len(form.queue.bodies) == 1

    # And it is asked for again as long as no run stands in Dagster's history
    assert asked(turn(form, "2026-10-10 03:10")) == ["2026-10-09"]
    form.run(found)
    assert asked(turn(form, "2026-10-10 03:20")) == []
    assert form.queue.bodies == []


def test_a_tick_that_comes_twice_is_one_run(form: QueueForm) -> None:
    form.queue.send(*[tick("2026-10-10T06:00:00Z")] * 3)

    assert form.run(turn(form, "2026-10-10 03:01")) == ["daily:2026-10-09"]

    form.queue.send(tick("2026-10-10T06:00:00Z"))
    assert asked(turn(form, "2026-10-10 03:10")) == []
    assert form.queue.bodies == []


def test_a_tick_that_the_schedule_has_answered_already_asks_for_nothing(form: QueueForm) -> None:
    run_of_the_schedule = dg.RunRequest(run_key="daily:2026-10-09", partition_key="2026-10-09")
    form.run(run_of_the_schedule)
    form.queue.send(tick("2026-10-10T06:00:00Z"))

    assert asked(turn(form, "2026-10-10 03:01")) == []
    assert form.queue.bodies == []


def test_ticks_of_nights_gone_by_are_looked_into_together(form: QueueForm) -> None:
    # Given a machine that was off for four nights, and two days with something on them
    form.queue.send(*(tick_of(in_zone(f"2026-10-{day:02} 03:00")) for day in (6, 7, 8, 9)))
    form.land("2026-10-05", "2026-10-06")

    # Then the last night's day is asked for first, and the days before in one run
    assert form.look("2026-10-09 10:00") == ["daily:2026-10-08", "2026-10-05 to 2026-10-06"]
    assert form.queue.bodies == []


def test_a_tick_comes_before_late_days(form: QueueForm) -> None:
    form.land("2026-10-06")
    turn(form, "2026-10-10 02:00")
    form.queue.send(tick("2026-10-10T06:00:00Z"))

    found = turn(form, "2026-10-10 03:01")

    assert form.run(found) == ["daily:2026-10-09"]
    assert form.look("2026-10-10 03:10") == ["2026-10-06 to 2026-10-06"]


def test_what_landed_late_is_asked_for_once_messages_were_gathered_for_five_minutes(
    form: QueueForm,
) -> None:
    form.land("2026-10-05")

    # When messages come, they are kept for a while
    assert asked(turn(form, "2026-10-10 12:00")) == []
    assert asked(turn(form, "2026-10-10 12:04")) == []

    # Then their day is asked for, and they are deleted only by a turn that remembers it
    found = turn(form, "2026-10-10 12:05")
    assert asked(found) == ["2026-10-05"]
    assert len(form.queue.bodies) == 2
    form.run(found)
    assert asked(turn(form, "2026-10-10 12:11")) == []
    assert form.queue.bodies == []


def test_a_turn_that_is_lost_is_taken_again(form: QueueForm) -> None:
    """A kill between the evaluation and the record leaves the older cursor and the messages."""
    form.land("2026-10-05")
    turn(form, "2026-10-10 12:00")
    recorded = form.cursor
    assert asked(turn(form, "2026-10-10 12:06")) == ["2026-10-05"]

    form.cursor = recorded

    assert form.run(turn(form, "2026-10-10 12:12")) == ["2026-10-05 to 2026-10-05"]


def test_a_message_that_comes_along_with_the_look_is_not_deleted_by_it(form: QueueForm) -> None:
    # Given days that wait, and another that something lands on just before they are asked for
    form.land("2026-10-05")
    turn(form, "2026-10-10 12:00")
    form.land("2026-10-07")

    # When the turn that asks for both is lost
    recorded = form.cursor
    assert asked(turn(form, "2026-10-10 12:06")) == ["2026-10-05", "2026-10-07"]
    form.cursor = recorded

    # Then both are asked for again
    assert asked(turn(form, "2026-10-10 12:12")) == ["2026-10-05", "2026-10-07"]


def test_messages_of_a_day_that_is_not_over_are_deleted_once_the_day_is_remembered(
    form: QueueForm,
) -> None:
    # Given an update of today
    form.land("2026-10-10")
    turn(form, "2026-10-10 12:00")
    assert len(form.queue.bodies) == 2

    # When the day stands in a recorded cursor
    assert asked(turn(form, "2026-10-10 12:06")) == []
    form.land("2026-10-10")
    turn(form, "2026-10-10 12:07")

    # Then its messages go, and the day is asked for when it is over, were its tick lost
    assert form.queue.bodies == []
    assert form.look("2026-10-11 02:00") == []
    assert form.look("2026-10-11 04:00") == ["2026-10-10 to 2026-10-10"]


def test_a_day_that_is_built_needs_no_message(form: QueueForm) -> None:
    form.land("2026-10-05")
    form.look("2026-10-10 09:00")

    # When old messages come again
    form.hear(in_zone("2026-10-05").date(), "7-1.json")

    assert form.look("2026-10-10 12:00") == []
    assert form.queue.bodies == []
    assert Memory.read(form.cursor).recorded == frozenset()


def test_an_update_on_an_old_day_that_was_built_is_built_too(form: QueueForm) -> None:
    """A listing would not look there; a message says it."""
    form.land("2026-10-02")
    form.look("2026-10-10 09:00")

    form.land("2026-10-02")

    assert form.look("2026-11-20 09:00") == ["2026-10-02 to 2026-10-02"]
    assert form.queue.bodies == []


def test_a_nightly_run_that_fails_is_asked_for_again_though_no_message_names_its_day(
    form: QueueForm,
) -> None:
    form.land("2026-10-09")
    form.queue.held.clear()
    form.runs_fail = True
    form.night("2026-10-10 03:00")
    form.runs_fail = False

    assert form.look("2026-10-10 09:00") == ["2026-10-09 to 2026-10-09"]


def test_what_is_asked_for_in_vain_does_not_wear_its_messages_out(form: QueueForm) -> None:
    form.land("2026-10-05")
    form.runs_fail = True

    form.look("2026-10-10 09:00")

    assert form.queue.bodies == []
    assert form.queue.most_receives <= 3
    assert Memory.read(form.cursor).recorded == {in_zone("2026-10-05").date()}


def test_while_a_run_is_under_way_the_queue_is_drained_and_ticks_are_answered(
    form: QueueForm,
) -> None:
    # Given a backfill, and updates that land late
    form.start_backfill()
    form.land("2026-10-05", *["2026-10-06"] * 30)

    # When it lasts, and the ticks of two nights come
    assert form.look("2026-10-08 21:00") == []
    assert form.night("2026-10-09 03:00") == ["daily:2026-10-08"]
    form.queue.send(tick_of(in_zone("2026-10-07 03:00")))
    assert form.look("2026-10-09 06:00") == []

    # Then no message is lent until it is given up: its day stands in the cursor
    assert form.queue.bodies == []
    assert form.queue.most_receives <= 3
    assert [str(day) for day in sorted(Memory.read(form.cursor).waiting)] == [
        "2026-10-05",
        "2026-10-06",
    ]

    # And late days are asked for as soon as it ends
    assert "once no run is under way" in str(form.turn().skip_reason)
    form.end_backfill()
    assert asked(form.turn()) == ["2026-10-05"]


def test_a_message_of_a_late_day_is_kept_until_its_day_stands_in_a_recorded_cursor(
    form: QueueForm,
) -> None:
    form.start_backfill()
    form.land("2026-10-05")

    # When Dagster dies before it records a turn
    turn(form, "2026-10-10 12:00")
    form.cursor = None
    assert len(form.queue.bodies) == 2

    # Then the next turns read them once more, and keep them for ten minutes in case the run ends
    turn(form, "2026-10-10 12:06")
    turn(form, "2026-10-10 12:12")
    assert len(form.queue.bodies) == 2
    assert Memory.read(form.cursor).waiting == {in_zone("2026-10-05").date()}
    turn(form, "2026-10-10 12:18")
    assert form.queue.bodies == []


def test_what_landed_elsewhere_is_deleted_and_ignored(form: QueueForm) -> None:
    form.queue.send(
        created("rejected/context_date=2026-10-05/ab.json", form.bucket),
        landed(in_zone("2026-10-05").date(), bucket="another"),
        landed(in_zone("2026-09-30").date(), bucket=form.bucket),
        landed(in_zone("2026-10-12").date(), bucket=form.bucket),
        tick("2026-10-01T06:00:00Z"),
    )

    assert asked(turn(form, "2026-10-10 12:00")) == []
    assert form.queue.bodies == []
    assert Memory.read(form.cursor) == Memory()


def test_what_can_t_be_read_is_set_aside_and_told_and_the_rest_goes_on(form: QueueForm) -> None:
    form.queue.send("nope", tick("2026-10-11T06:00:00Z"))
    form.queue.send(created("telegram/context_date=2026-02-31/1.json", form.bucket))

    told = turn(form, "2026-10-10 12:00").skip_reason

    assert told
    assert "3 messages taken, 0 of them still needed." in str(told)
    assert "The message is not a valid event: JSON is malformed" in str(told)
    assert "The tick asks for 2026-10-10, which is not over." in str(told)
    assert "is not in a folder context_date=YYYY-MM-DD. It is kept as rejected_events/" in str(told)
    assert len(re.findall("rejected_events/", str(told))) == 3
    assert form.queue.bodies == []

    form.queue.send("nope", tick("2026-10-10T06:00:00Z"))
    assert asked(turn(form, "2026-10-10 12:10")) == ["2026-10-09"]


def test_a_turn_that_did_something_is_logged_with_its_counts(
    form: QueueForm, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tg_pipeline")
    form.queue.send("nope", tick("2026-10-10T06:00:00Z"))

    turn(form, "2026-10-10 03:01")
    turn(form, "2026-10-10 03:02")

    (record,) = caplog.records
    said = json.loads(JsonLines().format(record))
    assert said["message"] == "2 messages taken, 1 runs asked for"
    assert (said["sensor"], said["taken"], said["kept"]) == ("events_sensor", 2, 1)
    assert said["asked"] == ["daily:2026-10-09"]
    assert "JSON is malformed" in said["set_aside"][0]


def test_a_burst_is_one_run_a_day_and_bounded_work_a_turn(form: QueueForm) -> None:
    # Given a message each of 3,000 objects that landed on two days, neighbours
    form.land("2026-10-05", "2026-10-06")
    days = [in_zone(f"2026-10-0{5 + number % 2}").date() for number in range(3_000)]
    form.queue.send(*(landed(day, bucket=form.bucket) for day in days))

    # Then no turn takes much more than it may hold, and one run builds both days
    turn(form, "2026-10-10 12:00")
    assert sum(each.receives for each in form.queue.held.values()) <= 2_000 + 8 * 10
    assert form.look("2026-10-10 12:01") == ["2026-10-05 to 2026-10-06"]
    assert form.queue.bodies == []


def test_a_queue_that_can_t_be_asked_fails_the_tick_in_one_sentence(
    form: QueueForm, caplog: pytest.LogCaptureFixture
) -> None:
    class Gone(FakeQueue):
        def receive(self) -> list[QueueMessage]:
            raise EventsQueueError("The events queue x refuses ReceiveMessage: no.")

    sensor = events_sensor(Gone, Pace())
    context = dg.build_sensor_context(instance=form.instance)

    with pytest.raises(EventsQueueError, match="refuses ReceiveMessage: no"):
        sensor(context, landing=form.landing, lake=form.lake, clock=StoppedClock())
    assert caplog.messages == ["The events queue x refuses ReceiveMessage: no."]


def test_over_a_real_queue_a_message_is_deleted_behind_its_run(
    form: QueueForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anyone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "anything")
    monkeypatch.setenv("AWS_REGION", REGION)
    with sqs_server() as sqs:
        # Given an SQS queue with dead letters, a tick and a late update
        dead_letters = sqs.queue()
        url = sqs.queue(dead_letters=dead_letters)
        reader = partial(open_queue, url, wait_seconds=0, visibility_timeout=2)
        form.sensor = events_sensor(reader, Pace())
        form.land("2026-10-05")
        sqs.send(url, tick("2026-10-10T06:00:00Z"), *form.queue.bodies, "nope")

        # When the sensor takes turns
        first = turn(form, "2026-10-10 12:00")
        assert (asked(first), sqs.left(url)) == (["2026-10-09"], 3)
        form.run(first)
        sqs.wait_until_visible(url, 3)
        second = turn(form, "2026-10-10 12:06")
        assert (asked(second), sqs.left(url)) == (["2026-10-05"], 2)
        form.run(second)
        sqs.wait_until_visible(url, 2)
        form.now += GAP
        third = form.turn()

        # Then nothing is asked for twice, and nothing is left, nor given up
        assert asked(third) == []
        assert (sqs.left(url), sqs.left(dead_letters)) == (0, 0)
