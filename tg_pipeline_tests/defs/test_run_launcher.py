"""Dagster's run monitoring, and a stop in the UI, reach the runs of the command line too."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.instance import DagsterInstance
from dagster._core.launcher import WorkerStatus
from dagster._core.test_utils import create_test_daemon_workspace_context
from dagster._core.workspace.load_target import PythonFileTarget

from tg_pipeline_tests.defs.code_server import code_server
from tg_pipeline_tests.defs.watched import (
    as_it_is,
    dagster_of_the_checkout,
    end,
    marked,
    started,
    started_in,
)

PATIENCE = 60.0

LOCATION = """
import time
import dagster as dg

@dg.op
def sleeps():
    time.sleep(30)  # a code server outlives a failed test by its runs

@dg.job(executor_def=dg.in_process_executor)
def long_job():
    sleeps()
"""


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """Give an instance as the checkout sets it up."""
    monkeypatch.chdir(tmp_path)
    with dagster_of_the_checkout(tmp_path) as found:
        yield found


@pytest.fixture
def copied(instance: DagsterInstance, tmp_path: Path) -> dict[str, str]:
    """Give the tags of a run of a command that has ended: Re-execute in the UI copies them."""
    with marked(tmp_path / "processes") as (child, process):
        parent = started_in(instance, process)
        instance.report_run_canceled(parent)
        end(child)
    return {**parent.tags, "dagster/max_retries": "0"}


def test_run_monitoring_is_told_and_a_stop_in_the_ui_reaches_a_command(
    instance: DagsterInstance, tmp_path: Path
) -> None:
    # Given a command at work, in an instance as the checkout sets it up
    launcher = instance.run_launcher
    assert launcher.supports_check_run_worker_health
    with marked(tmp_path / "processes") as (child, process):
        run = started_in(instance, process)
        assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING

        # When it is stopped in the UI
        assert launcher.terminate(run.run_id)

        # Then it hears of it as of Ctrl-C, and is known to be over
        assert child.wait() == -signal.SIGINT
        assert launcher.check_run_worker_health(run).status is WorkerStatus.NOT_FOUND
        assert not launcher.terminate(run.run_id), "there is nobody to stop any more"


def test_a_run_that_repeats_one_of_a_command_lives_and_can_be_stopped(
    instance: DagsterInstance, copied: dict[str, str]
) -> None:
    with code_server(knows_it=True) as server:
        run = started(instance, copied | server.tags)
        health = instance.run_launcher.check_run_worker_health(run)

        assert (health.status, health.msg) == (WorkerStatus.RUNNING, None)
        assert instance.run_launcher.terminate(run.run_id)


def test_a_run_that_repeats_one_of_a_command_is_launched_as_any_other(
    instance: DagsterInstance, copied: dict[str, str], tmp_path: Path
) -> None:
    # Given a code location in a code server of Dagster's own
    (tmp_path / "location.py").write_text(LOCATION)
    target = PythonFileTarget(str(tmp_path / "location.py"), None, str(tmp_path), "location")
    with create_test_daemon_workspace_context(target, instance) as process:
        workspace = process.create_request_context()
        (repository,) = workspace.get_code_location("location").get_repositories().values()
        job = repository.get_full_job("long_job")

        # When a run of it is launched with the tags of a command's
        run = instance.create_run_for_job(
            long_job_like(),
            tags=copied,
            remote_job_origin=job.get_remote_origin(),
            job_code_origin=job.get_python_origin(),
        )
        instance.launch_run(run.run_id, workspace)
        wait_until(instance, run, dg.DagsterRunStatus.STARTED)

        # Then it is known to live, is tried again when its machine dies, and can be stopped
        launched = as_it_is(instance, run)
        health = instance.run_launcher.check_run_worker_health(launched)
        assert (health.status, health.msg) == (WorkerStatus.RUNNING, None)
        assert launched.tags["dagster/max_retries"] == str(instance.run_retries_max_retries)
        assert launched.tags["dagster/max_retries"] != "0"
        assert instance.run_launcher.terminate(run.run_id)
        wait_until(instance, run, dg.DagsterRunStatus.CANCELED)


def long_job_like() -> dg.JobDefinition:
    @dg.op
    def sleeps() -> None: ...

    @dg.job(executor_def=dg.in_process_executor)
    def long_job() -> None:
        sleeps()

    return long_job


def wait_until(instance: DagsterInstance, run: dg.DagsterRun, status: dg.DagsterRunStatus) -> None:
    deadline = time.monotonic() + PATIENCE
    while (now := as_it_is(instance, run)).status is not status:
        assert not now.is_finished, now.status
        assert time.monotonic() < deadline, now.status
        time.sleep(0.1)
