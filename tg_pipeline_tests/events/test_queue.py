"""A queue is drained within limits, and messages that are still needed stay in it."""

from datetime import date

import pytest

from tg_pipeline.events.messages import Event, ObjectCreatedEvent
from tg_pipeline.events.queue import DrainLimits, QueueMessage, drain
from tg_pipeline.exceptions import EventsQueueError
from tg_pipeline_tests.fakes.sqs import FakeQueue

DAY = ObjectCreatedEvent(date(2026, 10, 7))


def needs_late(body: str) -> Event | None:
    return DAY if body.startswith("late") else None


def test_needed_messages_stay_and_others_are_deleted() -> None:
    queue = FakeQueue()
    queue.send(*(f"other {number}" for number in range(95)), "late 1", "late 2")

    drained = drain(queue, needs_late, DrainLimits())

    assert drained.received == 97
    assert sorted(pending.message.body for pending in drained.pending) == ["late 1", "late 2"]
    assert {pending.event for pending in drained.pending} == {DAY}
    assert sorted(queue.bodies) == ["late 1", "late 2"]


def test_the_number_of_pending_messages_is_limited() -> None:
    queue = FakeQueue()
    queue.send(*["late"] * 1_000)

    drained = drain(queue, needs_late, DrainLimits(pending=50))

    assert 50 <= len(drained.pending) <= 50 + 8 * 10
    assert len(queue.bodies) == 1_000


def test_a_drain_stops_in_time_and_the_next_one_continues() -> None:
    queue = FakeQueue()
    queue.send(*["other"] * 1_000)

    drained = drain(queue, needs_late, DrainLimits(seconds=0))

    assert drained.received == 10
    assert len(queue.bodies) == 990
    assert drain(queue, needs_late, DrainLimits()).received == 990


def test_a_failure_loses_no_needed_message() -> None:
    # Given a queue that fails at the third request
    class Failing(FakeQueue):
        def receive(self) -> list[QueueMessage]:
            if sum(each.receives for each in self.held.values()) >= 20:
                raise EventsQueueError("The queue is gone.")
            return super().receive()

    queue = Failing()
    queue.send(*["late"] * 100)

    with pytest.raises(EventsQueueError):
        drain(queue, needs_late, DrainLimits())

    assert len(queue.bodies) == 100
