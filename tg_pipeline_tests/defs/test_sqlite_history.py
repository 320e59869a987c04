"""Dagster's history in SQLite: it is written without a sync per event, and nothing is left open."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from tg_pipeline.definitions import defs
from tg_pipeline.defs.sqlite_history import MAX_OPEN, OpenDatabases

NORMAL = 1


@pytest.fixture
def databases() -> Iterator[OpenDatabases]:
    databases = OpenDatabases()
    yield databases
    databases.close()


def add_event(path: Path, databases: OpenDatabases) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        databases.on_connect(connection, None)
        connection.execute("CREATE TABLE IF NOT EXISTS events (name TEXT)")
        connection.execute("INSERT INTO events VALUES ('STEP_START')")
        connection.commit()


def test_a_log_stays_while_connections_come_and_go_and_is_merged_at_the_end(
    tmp_path: Path, databases: OpenDatabases
) -> None:
    database, log = tmp_path / "runs.db", tmp_path / "runs.db-wal"

    for _ in range(3):
        add_event(database, databases)
        assert log.stat().st_size > 0

    databases.close()
    assert not log.exists()
    with closing(sqlite3.connect(database)) as written:
        assert written.execute("SELECT count(*) FROM events").fetchone() == (3,)


@pytest.mark.parametrize(("mode", "is_normal"), [("wal", True), ("delete", False)])
def test_only_a_commit_to_a_log_waits_for_no_disk(
    tmp_path: Path, databases: OpenDatabases, mode: str, *, is_normal: bool
) -> None:
    with closing(sqlite3.connect(tmp_path / "runs.db")) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")

        databases.on_connect(connection, None)

        (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
    assert (synchronous == NORMAL) == is_normal


def test_only_the_latest_databases_stay_open(tmp_path: Path, databases: OpenDatabases) -> None:
    for number in range(MAX_OPEN + 1):
        add_event(tmp_path / f"{number}.db", databases)

    assert len(list(tmp_path.glob("*.db-wal"))) == MAX_OPEN
    assert not (tmp_path / "0.db-wal").exists()


def test_the_definitions_keep_the_history_of_dagster_open(tmp_path: Path) -> None:
    quiet = {"telemetry": {"enabled": False}}

    with dg.DagsterInstance.local_temp(str(tmp_path), quiet) as instance:
        run = instance.create_run_for_job(defs.resolve_job_def("marts_job"))
        instance.report_run_failed(run)

        kept = {path.name for path in tmp_path.rglob("*.db-wal")}
    assert {"runs.db-wal", "index.db-wal", f"{run.run_id}.db-wal"} <= kept
