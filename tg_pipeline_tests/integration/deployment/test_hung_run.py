"""A run that hangs, with the checkout's configuration and a short limit: Dagster ends it."""

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from tg_pipeline.marts.catalog import CUMULATIVE_MARTS
from tg_pipeline_tests.cli.builds.up_process import Up, start_up
from tg_pipeline_tests.cli.conftest import Shell

CHECKOUT = Path(__file__).parents[3]
LIMIT = 150
"""Seconds: several times what the run takes, and long enough for the sensor to be first."""

RUNS = """{ runsOrError { ... on Runs { results { runId jobName status rootRunId } } } }"""


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """Dagster with landed days that its sensor builds, and a short limit for each run."""
    config = yaml.safe_load((CHECKOUT / "dagster.yaml").read_text("utf-8"))
    del config["storage"]
    assert config["run_monitoring"]["max_runtime_seconds"] > 0
    config["run_monitoring"] |= {"poll_interval_seconds": 2, "max_runtime_seconds": LIMIT}
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(config))
    shell = Shell(tmp_path)
    assert shell.run("sample", "--days", "3", "--per-day", "20").returncode == 0
    # Beside other tests, the start of a run may take longer than the 60 seconds of Dagster.
    running = start_up(shell, DAGSTER_GRPC_TIMEOUT_SECONDS="180")
    yield running
    running.kill()


def statuses(up: Up) -> dict[str, list[str]]:
    """Return the statuses of the runs of layers, by the id of the run that they retry."""
    found: dict[str, list[str]] = {}
    for run in json.loads(up.ask(RUNS))["data"]["runsOrError"]["results"]:
        if run["jobName"] == "updates_job":
            found.setdefault(run["rootRunId"] or run["runId"], []).append(run["status"])
    return found


def hang(workers: list[int], home: Path) -> bool:
    """Stop processes; let them go on and return False if they were just writing their history.

    A process that is stopped in the middle of that locks the SQLite database for all others.
    """
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    if not any(is_locked(path) for path in home.rglob("*.db")):
        return True
    for pid in workers:
        os.kill(pid, signal.SIGCONT)
    return False


def is_locked(database: Path) -> bool:
    """Return whether another process is writing to a SQLite database."""
    with closing(sqlite3.connect(database, timeout=0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.rollback()
        return False


@pytest.mark.slow
@pytest.mark.timeout(1_200)  # the limit, two runs and their marts, on a busy machine
def test_a_run_that_hangs_is_ended_and_retried_and_blocks_nothing_for_good(up: Up) -> None:
    # Given a run that the sensor requested, whose process hangs once it has started
    up.wait_until(up.is_ui_up, "the UI is up")
    up.wait_until(lambda: ["STARTED"] in statuses(up).values(), "a run is started")
    workers = [pid for pid, command in up.living().items() if "spawn_main" in command]
    assert workers
    up.wait_until(lambda: hang(workers, up.shell.folder), "it hangs, and locks no history")
    (hung,) = statuses(up)

    # Then it is ended after the limit, and retried
    up.wait_until(lambda: "FAILURE" in statuses(up)[hung], "the hung run is ended")
    up.wait_until(lambda: "SUCCESS" in statuses(up)[hung], "its retry has built the days")

    # And what follows from the days is built as well
    lake = up.shell.lake
    up.wait_until(
        lambda: all(any((lake / mart.name).rglob("*.parquet")) for mart in CUMULATIVE_MARTS),
        "the marts are built",
    )
    assert "missing" not in up.shell.run("status").stdout
