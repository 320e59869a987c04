"""A pool a table: runs that build the same table take turns. And two repairs that this needs.

https://docs.dagster.io/guides/operate/managing-concurrency/concurrency-pools
"""

from collections.abc import Iterable
from time import time
from typing import Final

import dagster as dg
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext

from tg_pipeline.layers.schema import Table

LONGEST_NAP: Final = 1.0
"""Seconds between two looks of a run that waits whether it may ask for its turn again."""


def pool_of(table: Table) -> str:
    """Give the pool of those who build a table; `dagster.yaml` lets one in at a time."""
    return table.name


def open_pools(instance: dg.DagsterInstance, names: Iterable[str]) -> None:
    """Give pools their limit, unless they have one, before two runs can do so at once.

    On Postgres the second of them would fail: https://github.com/dagster-io/dagster/issues/33552
    """
    limit = instance.global_op_concurrency_default_limit
    known = {pool.name for pool in instance.event_log_storage.get_pool_limits()}
    for name in sorted(set(names) - known):
        if limit is not None:
            instance.event_log_storage.set_concurrency_slots(name, limit)


def seconds_to_nap(waiting: InstanceConcurrencyContext) -> float:
    """Give how long a run may sleep until it asks for its turn again.

    Dagster takes the least of that time and zero, so what waits keeps a core busy:
    https://github.com/dagster-io/dagster/pull/20367
    """
    moments = waiting._pending_timeouts.values()  # noqa: SLF001 - there is no other way to know
    return min(LONGEST_NAP, max(0.0, min(moments, default=0.0) - time()))


InstanceConcurrencyContext.interval_to_next_pending_claim_check = seconds_to_nap  # type: ignore[assignment, method-assign]
