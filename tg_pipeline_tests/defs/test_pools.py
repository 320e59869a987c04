"""Runs that build the same table take turns."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from sqlalchemy import Engine, event

from tg_pipeline.defs.pools import LONGEST_NAP, seconds_to_nap
from tg_pipeline_tests.defs.conftest import House

A_WHILE = 0.5
"""Seconds in which a run that nobody keeps out is in."""

ONE_AT_A_TIME = "concurrency: {pools: {default_limit: 1, granularity: op}}"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """Give an instance on the disk: one in memory knows no pools."""
    (tmp_path / "dagster.yaml").write_text(ONE_AT_A_TIME)
    with dg.DagsterInstance.from_config(str(tmp_path)) as found:
        yield found


@pytest.mark.parametrize("job", ["updates_job", "marts_job"])
def test_each_table_has_a_pool_of_its_own(house: House, job: str) -> None:
    builders = [
        node.definition
        for node in house.defs.resolve_job_def(job).nodes
        if isinstance(node.definition, dg.OpDefinition)
    ]

    assert builders
    assert {builder.name: builder.pool for builder in builders} == {
        builder.name: builder.name for builder in builders
    }


def test_who_comes_to_a_table_first_opens_its_pool(instance: dg.DagsterInstance) -> None:
    with a_run(instance) as first, a_run(instance) as second:
        assert first.claim("messages", "messages")
        assert not second.claim("messages", "messages")

    assert limits(instance) == {"messages": 1}


def test_who_is_passed_over_as_a_turn_is_given_back_gets_the_next_one(
    instance: dg.DagsterInstance,
) -> None:
    with a_run(instance) as first, a_run(instance) as second:
        # Given a run that sees the turn taken, and stands in line when it has been given back
        assert first.claim("messages", "messages")
        first.free_step("messages")
        storage = sql_storage(instance)
        storage.add_pending_step("messages", id_of(second), "messages", should_assign=False)

        # When it asks for its turn, then it has it
        assert second.claim("messages", "messages")


def test_who_comes_while_a_slot_is_being_taken_is_not_let_in_too(
    instance: dg.DagsterInstance,
) -> None:
    storage = sql_storage(instance)
    storage.set_concurrency_slots("messages", 1)
    with (
        dg.DagsterInstance.from_config(instance.root_directory) as elsewhere,
        ThreadPoolExecutor(1) as other,
        a_run(instance) as first,
        a_run(elsewhere) as second,
    ):
        # Given runs of two processes that both saw a slot free, of which one comes as it is taken
        for run in (first, second):
            storage.add_pending_step("messages", id_of(run), "messages", should_assign=True)
        came: list[Future[bool]] = []

        def come(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if statement.startswith("UPDATE concurrency_slots") and not came:
                came.append(other.submit(second.claim, "messages", "messages"))
                wait(came, timeout=A_WHILE)

        event.listen(Engine, "before_cursor_execute", come)
        try:
            is_in = first.claim("messages", "messages")
        finally:
            event.remove(Engine, "before_cursor_execute", come)

        # Then one of them is let in
        assert is_in
        assert not came[0].result()


def test_a_limit_of_the_operator_s_is_left_alone_even_one_set_meanwhile(
    instance: dg.DagsterInstance,
) -> None:
    with a_run(instance) as first, a_run(instance) as second:
        # Given runs at work, which have looked at the pools
        assert first.claim("raw_updates", "raw_updates")
        assert not second.claim("raw_updates", "raw_updates")

        # When the operator lets two at a table that none of them has come to yet
        instance.event_log_storage.set_concurrency_slots("messages", 2)

        # Then both are let in there
        assert first.claim("messages", "messages")
        assert second.claim("messages", "messages")
    assert limits(instance) == {"raw_updates": 1, "messages": 2}


def test_without_a_limit_in_dagster_s_configuration_nobody_waits(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("{}")
    with (
        dg.DagsterInstance.from_config(str(tmp_path)) as unlimited,
        a_run(unlimited) as first,
        a_run(unlimited) as second,
    ):
        assert first.claim("raw_updates", "raw_updates")
        assert second.claim("raw_updates", "raw_updates")

        assert limits(unlimited) == {}


def test_who_waits_for_a_turn_sleeps(instance: dg.DagsterInstance) -> None:
    # Given two runs that want to build the same table
    with a_run(instance) as first, a_run(instance) as second:
        assert first.claim("raw_updates", "raw_updates")

        # When the second has to wait
        assert not second.claim("raw_updates", "raw_updates")

        # Then Dagster's loop sleeps for a while, and not longer than a person notices
        assert 0 < second.interval_to_next_pending_claim_check() <= LONGEST_NAP
        assert seconds_to_nap(first) == 0


def a_run(instance: dg.DagsterInstance) -> InstanceConcurrencyContext:
    """Give what a run asks for its turns by."""
    return InstanceConcurrencyContext(instance, instance.create_run_for_job(nothing))


def id_of(run: InstanceConcurrencyContext) -> str:
    return run._run_id  # noqa: SLF001 - it tells nobody


def sql_storage(instance: dg.DagsterInstance) -> SqlEventLogStorage:
    storage = instance.event_log_storage
    assert isinstance(storage, SqlEventLogStorage)
    return storage


def limits(instance: dg.DagsterInstance) -> dict[str, int]:
    """Give how many each pool lets in."""
    return {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}


@dg.job
def nothing() -> None:
    """Do nothing."""
