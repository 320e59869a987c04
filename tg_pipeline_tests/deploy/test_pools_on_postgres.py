"""Two runs that come to a new pool at once, in the database where Dagster fails the second."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext
from dagster._core.storage.event_log import SqlEventLogStorage
from sqlalchemy import text

import tg_pipeline.defs.pools  # noqa: F401 - as whatever loads the definitions
from tg_pipeline_tests.deploy.postgres import DATABASE, PASSWORD, USER, Postgres

SETTINGS = """
storage:
  postgres:
    postgres_db:
      {{hostname: 127.0.0.1, port: {port}, username: {user}, password: {password}, db_name: {name},
        scheme: postgresql+psycopg2}}
concurrency: {{pools: {{default_limit: 1, granularity: op}}}}
"""
NEW_POOL = """
INSERT INTO concurrency_limits (concurrency_key, "limit", using_default_limit)
VALUES ('messages', 1, false)
"""
ITS_SLOT = "INSERT INTO concurrency_slots (concurrency_key, deleted) VALUES ('messages', false)"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def instance(postgres: Postgres, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    written = SETTINGS.format(port=postgres.port, user=USER, password=PASSWORD, name=DATABASE)
    (tmp_path / "dagster.yaml").write_text(written)
    with dg.DagsterInstance.from_config(str(tmp_path)) as found:
        yield found


def test_a_run_that_comes_second_to_a_new_pool_takes_its_turn(
    instance: dg.DagsterInstance,
) -> None:
    storage = instance.event_log_storage
    assert isinstance(storage, SqlEventLogStorage)
    run = InstanceConcurrencyContext(instance, instance.create_run_for_job(nothing))
    with ThreadPoolExecutor(1) as second, run:
        # Given somebody who is just opening a pool
        with storage.index_transaction() as first:
            first.execute(text(NEW_POOL))
            first.execute(text(ITS_SLOT))

            # When a run comes to it before that is done
            claimed = second.submit(run.claim, "messages", "messages")
            wait_until_it_waits(storage)

        # Then the run takes its turn there
        assert claimed.result()


def wait_until_it_waits(storage: SqlEventLogStorage) -> None:
    deadline = time.monotonic() + 60
    while not somebody_waits(storage):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def somebody_waits(storage: SqlEventLogStorage) -> bool:
    with storage.index_connection() as asking:
        return bool(asking.execute(text(WAITING)).scalar())


@dg.job
def nothing() -> None:
    """Do nothing."""
