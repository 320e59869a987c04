"""Everybody is told once of each run, though telling takes long and looks overlap."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from tg_pipeline.builds.alert import FailedRun
from tg_pipeline.defs.listeners import Listener
from tg_pipeline.defs.telling import LOOK_FOR, tell_each

MINUTE = timedelta(minutes=1)
SLOW = timedelta(seconds=14)


@dg.op
def broken() -> None:
    raise dg.Failure("the disk is full")


@dg.job(executor_def=dg.in_process_executor)
def broken_job() -> None:
    broken()


class Clock:
    """A clock that somebody moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 10, 10, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Ear:
    """Somebody who takes a while to tell; `meanwhile` happens the first time."""

    def __init__(self, name: str, clock: Clock, takes: timedelta) -> None:
        self.name, self.clock, self.takes = name, clock, takes
        self.heard: list[str] = []
        self.meanwhile: Callable[[], object] = list

    @property
    def listener(self) -> Listener:
        return Listener(self.name, self.tell)

    def tell(self, failed: FailedRun) -> None:
        self.heard.append(failed.run_id)
        self.clock.at += self.takes
        meanwhile, self.meanwhile = self.meanwhile, list
        meanwhile()


class Looks:
    """A Dagster in which five runs have failed, and the looks at it."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.clock = Clock()
        self.failed = sorted(
            broken_job.execute_in_process(instance=instance, raise_on_error=False).run_id
            for _ in range(5)
        )

    def look(self, *ears: Ear) -> timedelta:
        """Look once; give how long it took."""
        began = self.clock.at
        records = self.instance.get_run_records(ascending=True)
        tell_each(self.instance, [ear.listener for ear in ears], records, self.clock.now)
        return self.clock.at - began


@pytest.fixture
def looks() -> Iterator[Looks]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Looks(instance)


def test_a_look_ends_within_its_minute_and_the_next_one_tells_the_rest(looks: Looks) -> None:
    slow = Ear("url", looks.clock, SLOW)

    assert LOOK_FOR < looks.look(slow) < MINUTE
    assert 0 < len(slow.heard) < len(looks.failed)

    looks.look(slow)
    looks.look(slow)
    assert sorted(slow.heard) == looks.failed


def test_a_slow_listener_leaves_time_to_the_next(looks: Looks) -> None:
    slow, quick = Ear("chat", looks.clock, SLOW), Ear("url", looks.clock, timedelta())

    assert looks.look(slow, quick) < MINUTE

    assert len(slow.heard) > 0
    assert sorted(quick.heard) == looks.failed


def test_a_look_that_goes_on_beside_the_next_one_tells_nobody_again(looks: Looks) -> None:
    # Given a look that outlasts its minute while it tells of the first run
    ear = Ear("url", looks.clock, timedelta())

    # When the next look tells of all others before it goes on
    ear.meanwhile = lambda: looks.look(ear)
    looks.look(ear)

    # Then each run was told of once
    assert sorted(ear.heard) == looks.failed


def test_a_run_that_was_deleted_meanwhile_is_not_told_of(looks: Looks) -> None:
    ear = Ear("url", looks.clock, timedelta())
    last = looks.instance.get_run_records(ascending=True)[-1].dagster_run.run_id
    ear.meanwhile = lambda: looks.instance.delete_run(last)

    looks.look(ear)

    assert sorted([*ear.heard, last]) == looks.failed
