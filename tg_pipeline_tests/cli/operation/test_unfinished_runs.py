"""Runs that should have ended: the check reports them, and the next run ends them."""

import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from tg_pipeline.builds.monitoring.status import ProblemKind
from tg_pipeline.cli.operation.unfinished_runs import has_history, stuck_run_problems
from tg_pipeline.defs.stuck_runs import (
    DEFAULT_LIMIT,
    MARGIN,
    end_runs,
    overdue_runs,
    stuck_runs_sensor,
)
from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell
from tg_pipeline_tests.defs.conftest import StoppedClock

NOW = datetime.now(UTC)
TOO_LATE = NOW + DEFAULT_LIMIT + MARGIN + timedelta(hours=1)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def add(instance: dg.DagsterInstance, status: str, **tags: str) -> dg.DagsterRun:
    names = {name.replace("_", "/", 1): value for name, value in tags.items()}
    run = dg.DagsterRun("updates_job", status=dg.DagsterRunStatus[status], tags=names)
    return instance.add_run(run)


@pytest.mark.parametrize("status", ["STARTED", "STARTING", "NOT_STARTED", "CANCELING"])
def test_a_run_is_stuck_once_it_took_longer_than_it_may(
    instance: dg.DagsterInstance, status: str
) -> None:
    run = add(instance, status)

    assert overdue_runs(instance, NOW + DEFAULT_LIMIT) == []
    (stuck,) = overdue_runs(instance, TOO_LATE)

    assert stuck.describe().startswith(f"Run {run.run_id[:8]} of updates_job is {status} since ")
    assert "longer than the 120 minutes it may take" in stuck.describe()


def test_a_run_may_set_its_own_limit(instance: dg.DagsterInstance) -> None:
    add(instance, "STARTED", dagster_max_runtime="36000")

    assert overdue_runs(instance, TOO_LATE) == []
    assert len(overdue_runs(instance, TOO_LATE + timedelta(hours=9))) == 1


class Queue:
    """A history with a queued run; a real one needs a code location that queued it."""

    run_monitoring_max_runtime_seconds = 0

    def __init__(self, others_updated_at: datetime) -> None:
        self.others_updated_at = others_updated_at
        self.queued = SimpleNamespace(
            run_id="0f0c-run", job_name="updates_job", tags={}, status=dg.DagsterRunStatus.QUEUED
        )

    def get_run_records(self, which: dg.RunsFilter, limit: int | None = None) -> list[object]:
        """Return the queued run, or whether another one was updated lately."""
        if limit is None:
            return [SimpleNamespace(dagster_run=self.queued, create_timestamp=NOW, start_time=None)]
        assert dg.DagsterRunStatus.QUEUED not in which.statuses
        assert which.updated_after
        return ["another"] if self.others_updated_at > which.updated_after else []


def test_a_queued_run_is_stuck_only_if_no_other_run_starts() -> None:
    moving: Any = Queue(others_updated_at=TOO_LATE - timedelta(minutes=5))
    still: Any = Queue(others_updated_at=NOW)

    assert overdue_runs(moving, TOO_LATE) == []
    assert overdue_runs(still, NOW + DEFAULT_LIMIT) == []
    (stuck,) = overdue_runs(still, TOO_LATE)
    assert "is in Dagster's queue since " in stuck.describe()
    assert end_runs(still, TOO_LATE) == [], "it is left to the daemon"


def test_stuck_runs_are_marked_as_failed(instance: dg.DagsterInstance) -> None:
    add(instance, "STARTED")

    assert end_runs(instance, NOW) == []
    assert len(end_runs(instance, TOO_LATE)) == 1

    assert [each.status.value for each in instance.get_runs()] == ["FAILURE"]
    assert end_runs(instance, TOO_LATE) == []


def test_with_a_daemon_a_sensor_ends_them_before_it_cancels_their_processes(
    instance: dg.DagsterInstance,
) -> None:
    """A frozen process answers nothing, and the code server waits for its answer."""

    def tick(at: datetime) -> str:
        context = dg.build_sensor_context(instance=instance)
        found = stuck_runs_sensor(context, clock=StoppedClock(at=at.isoformat()))
        assert isinstance(found, dg.SkipReason)
        return str(found.skip_message)

    run = add(instance, "STARTED")

    assert tick(NOW + 0.75 * DEFAULT_LIMIT) == "No run has taken too long."
    assert tick(NOW + 0.95 * DEFAULT_LIMIT) == f"Marked as failed: {run.run_id[:8]}."
    assert tick(NOW + 0.95 * DEFAULT_LIMIT) == "No run has taken too long."


@pytest.mark.parametrize(
    "storage",
    [
        "",
        "{",
        "storage: {sqlite: {base_dir: elsewhere}}",
        "storage: {sqlite: {base_dir: {env: HISTORY}}}",
    ],
)
def test_looking_for_a_history_creates_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: str
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HISTORY", str(tmp_path / "history"))
    assert not has_history()
    assert list(stuck_run_problems(NOW, "en")) == []
    assert list(tmp_path.iterdir()) == []

    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "dagster.yaml").write_text(storage)

    assert not has_history()
    assert [path.name for path in tmp_path.rglob("*")] == ["home", "dagster.yaml"]


def test_a_history_that_can_t_be_opened_is_reported_and_fails_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    where = "{hostname: {env: NOT_SET}, username: a, password: b, db_name: c}"
    (tmp_path / "dagster.yaml").write_text(f"storage: {{postgres: {{postgres_db: {where}}}}}")

    assert has_history()
    (problem,) = stuck_run_problems(NOW, "en")

    assert (problem.kind, problem.is_failure) == (ProblemKind.STUCK_RUN, False)
    assert problem.message.startswith("Whether a run is stuck is unknown: Dagster's instance ")


@pytest.mark.slow
def test_a_killed_run_is_reported_until_the_next_run_marks_it(shell: Shell) -> None:
    # Given a run of the command line that was killed midway, without a daemon
    shell.run("sample", "--days", "10", "--per-day", "60")
    with shell.start("run") as running:
        while not any(shell.lake.glob("raw_updates/*/part-0.parquet")):
            time.sleep(0.05)
        running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL

    # Then it is unfinished, but not yet for too long
    assert "since" not in shell.run("status", "--check").stderr

    # When it is unfinished for three hours, then the check says so
    with closing(sqlite3.connect(shell.folder / "history" / "runs.db")) as database:
        database.execute("UPDATE runs SET start_time = start_time - 10800")
        database.commit()
    reported = shell.run("status", "--check")
    assert reported.returncode == 3
    assert f"of updates_job ({FIRST_DAY} to " in reported.stderr
    assert "is STARTED since" in reported.stderr

    # And the next run ends it, and builds its days
    assert shell.run("run").returncode == 0
    healthy = shell.run("status", "--check")
    assert (healthy.returncode, healthy.stderr) == (0, "")
