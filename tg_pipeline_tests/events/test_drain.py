"""A queue is drained within bounds, and what is still needed stays in it."""

from datetime import date

import pytest

from tg_pipeline.events.messages import Event, ObjectCreatedEvent
from tg_pipeline.events.queue import DrainLimits, QueueMessage, drain
from tg_pipeline.exceptions import EventsQueueError
from tg_pipeline_tests.events.lent_queue import LentQueue

DAY = ObjectCreatedEvent(date(2026, 10, 7))


def only_late(body: str) -> Event | None:
    return DAY if body.startswith("late") else None


def test_what_is_needed_stays_and_the_rest_is_deleted() -> None:
    queue = LentQueue()
    queue.send(*(f"other {number}" for number in range(95)), "late 1", "late 2")

    drained = drain(queue, only_late, DrainLimits())

    assert drained.received == 97
    assert sorted(kept.message.body for kept in drained.kept) == ["late 1", "late 2"]
    assert {kept.event for kept in drained.kept} == {DAY}
    assert sorted(queue.bodies) == ["late 1", "late 2"]


def test_an_empty_queue_is_asked_once() -> None:
    asked = []

    class Empty(LentQueue):
        def receive(self) -> list[QueueMessage]:
            asked.append(1)
            return []

    assert drain(Empty(), only_late, DrainLimits()) == (0, [])
    assert len(asked) == 1


def test_messages_that_are_needed_end_the_drain_before_they_are_too_many() -> None:
    queue = LentQueue()
    queue.send(*["late"] * 1_000)

    drained = drain(queue, only_late, DrainLimits(kept=50))

    assert 50 <= len(drained.kept) <= 50 + 8 * 10
    assert len(queue.bodies) == 1_000


def test_a_drain_ends_in_time_and_the_next_goes_on() -> None:
    queue = LentQueue()
    queue.send(*["other"] * 1_000)

    drained = drain(queue, only_late, DrainLimits(seconds=0))

    assert drained.received == 10
    assert len(queue.bodies) == 990
    assert drain(queue, only_late, DrainLimits()).received == 990


def test_a_queue_that_fails_in_the_middle_loses_nothing_that_is_needed() -> None:
    # Given a queue that fails at the third request
    class Failing(LentQueue):
        def receive(self) -> list[QueueMessage]:
            if sum(each.lent for each in self.held.values()) >= 20:
                raise EventsQueueError("The queue is gone.")
            return super().receive()

    queue = Failing()
    queue.send(*["late"] * 100)

    with pytest.raises(EventsQueueError):
        drain(queue, only_late, DrainLimits())

    assert len(queue.bodies) == 100
