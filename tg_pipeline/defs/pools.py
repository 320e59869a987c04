"""A pool a table: runs that build the same table take turns. And four repairs that this needs.

https://docs.dagster.io/guides/operate/managing-concurrency/concurrency-pools
"""

import fcntl
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Final

import dagster as dg
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.base import PoolLimit
from sqlalchemy.exc import IntegrityError

from tg_pipeline.layers.schema import Table

LONGEST_NAP: Final = 1.0
"""Seconds between two looks of a run that waits whether it may ask for its turn again."""


def pool_of(table: Table) -> str:
    """Give the pool of those who build a table; `dagster.yaml` lets one in at a time."""
    return table.name


def open_pools(instance: dg.DagsterInstance, names: Iterable[str]) -> None:
    """Give pools the limit that `dagster.yaml` has for all, unless they have one."""
    storage, limit = instance.event_log_storage, instance.global_op_concurrency_default_limit
    known = {pool.name for pool in storage.get_pool_limits()}
    for name in sorted(set(names) - known):
        if limit is not None:
            # Another run, at the same table at the same moment, may have opened it by now.
            with suppress(IntegrityError):
                storage.set_concurrency_slots(name, limit)


def opened_pool(waiting: InstanceConcurrencyContext, name: str) -> PoolLimit | None:
    """Give the pool that a run asks for its turn in, opened if need be; None where none is limited.

    Of two runs that come to a new pool at once, Dagster's way to open it fails the second, on
    Postgres: https://github.com/dagster-io/dagster/issues/33552
    """
    if name not in (waiting._pools or {}):  # noqa: SLF001 - there is no other way to open it first
        open_pools(waiting._instance, [name])  # noqa: SLF001 - likewise
        waiting._sync_pools()  # noqa: SLF001 - likewise
    call_the_next(waiting._instance, name)  # noqa: SLF001 - likewise
    return (waiting._pools or {}).get(name)  # noqa: SLF001 - likewise


def call_the_next(instance: dg.DagsterInstance, name: str) -> None:
    """Let in who waits at a pool that has room.

    Dagster does so when somebody leaves. Who looks before that, and puts its name down after it,
    is never called: `SqlEventLogStorage.claim_concurrency_slot` does the two one after the other.
    """
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage) and storage.has_unassigned_slots(name):
        storage.assign_pending_steps([name])


def claim_alone(waiting: InstanceConcurrencyContext, name: str, step: str, rank: int = 0) -> bool:
    """Ask for a turn, as nobody else does meanwhile; say whether it was given.

    Dagster looks for a free slot and takes it in two statements. On Postgres a lock on the row
    keeps others out in between; SQLite has no such locks, and two runs were let in.
    """
    storage = waiting._instance.event_log_storage  # noqa: SLF001 - likewise
    if not isinstance(storage, SqliteEventLogStorage):
        return _claim(waiting, name, step, rank)
    with Path(storage._base_dir, "claims.lock").open("w") as lock:  # noqa: SLF001 - likewise
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _claim(waiting, name, step, rank)


def seconds_to_nap(waiting: InstanceConcurrencyContext) -> float:
    """Give how long a run may sleep until it asks for its turn again.

    Dagster takes the least of that time and zero, so what waits keeps a core busy:
    https://github.com/dagster-io/dagster/pull/20367
    """
    moments = waiting._pending_timeouts.values()  # noqa: SLF001 - there is no other way to know
    return min(LONGEST_NAP, max(0.0, min(moments, default=0.0) - time()))


_claim: Final = InstanceConcurrencyContext.claim
InstanceConcurrencyContext.claim = claim_alone  # type: ignore[assignment, method-assign]
InstanceConcurrencyContext.get_pool_info = opened_pool  # type: ignore[assignment, method-assign]
InstanceConcurrencyContext.interval_to_next_pending_claim_check = seconds_to_nap  # type: ignore[assignment, method-assign]
