"""Runs that build the same table take turns."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext

from tg_pipeline.defs.pools import LONGEST_NAP, open_pools, seconds_to_nap
from tg_pipeline_tests.defs.conftest import House

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


def test_pools_are_opened_once_and_a_limit_of_the_operator_s_is_left_alone(
    instance: dg.DagsterInstance,
) -> None:
    storage = instance.event_log_storage
    storage.set_concurrency_slots("raw_updates", 3)

    open_pools(instance, ["raw_updates", "messages"])
    open_pools(instance, ["messages"])

    limits = {pool.name: (pool.limit, pool.from_default) for pool in storage.get_pool_limits()}
    assert limits == {"raw_updates": (3, False), "messages": (1, False)}


def test_without_a_limit_in_dagster_s_configuration_nobody_waits() -> None:
    with dg.DagsterInstance.ephemeral() as unlimited:
        open_pools(unlimited, ["raw_updates"])

        assert unlimited.event_log_storage.get_pool_limits() == []


def test_who_waits_for_a_turn_sleeps(instance: dg.DagsterInstance) -> None:
    # Given two runs that want to build the same table
    first, second = (
        InstanceConcurrencyContext(instance, instance.create_run_for_job(nothing)) for _ in range(2)
    )
    with first, second:
        assert first.claim("raw_updates", "raw_updates")

        # When the second has to wait
        assert not second.claim("raw_updates", "raw_updates")

        # Then Dagster's loop sleeps for a while, and not longer than a person notices
        assert 0 < second.interval_to_next_pending_claim_check() <= LONGEST_NAP
        assert seconds_to_nap(first) == 0


@dg.job
def nothing() -> None:
    """Do nothing."""
