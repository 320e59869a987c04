"""A run whose process is gone is known to be, and holds nobody up."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster._core.launcher import WorkerStatus

from tg_pipeline.defs.abandoned_runs import GRACE, end_abandoned_runs
from tg_pipeline.defs.run_health import CODE_SERVER_TAG, why_gone
from tg_pipeline.defs.run_process import PROCESS_TAG, RunProcess, this_process
from tg_pipeline_tests.conftest import hear_interrupts
from tg_pipeline_tests.peers.ports import free_port

CHECKOUT = Path(__file__).parents[2]
TABLE = "raw_updates"

MARKED = """
import sys, time
from pathlib import Path
from tg_pipeline.defs.run_process import this_process
with this_process(Path(sys.argv[1])) as process:
    print(*process.tags.values(), flush=True)
    time.sleep(600)
"""
SPAWNED = "import multiprocessing, time; time.sleep(600)"

Child = subprocess.Popen[str]


@dg.job
def nothing() -> None:
    """Do nothing."""


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Give an instance as the checkout's dagster.yaml sets it up."""
    shutil.copy(CHECKOUT / "dagster.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as found:
        yield found


@contextmanager
def python(program: str, *arguments: str) -> Iterator[Child]:
    """Start a Python program, and end it with the block if the test has not."""
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=hear_interrupts,  # noqa: PLW1509 - it only sets a signal
    ) as child:
        yield child
        child.kill()


@contextmanager
def marked(folder: Path) -> Iterator[tuple[Child, RunProcess]]:
    """Give another process that is marked as one of the command line's."""
    with python(MARKED, str(folder)) as child:
        assert child.stdout
        process = RunProcess.of({PROCESS_TAG: child.stdout.readline().strip()})
        assert process
        yield child, process


def started(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.DagsterRun:
    run = instance.create_run_for_job(nothing, tags=tags)
    instance.report_dagster_event(started_event(run), run.run_id)
    found = instance.get_run_by_id(run.run_id)
    assert found
    return found


def started_event(run: dg.DagsterRun) -> dg.DagsterEvent:
    return dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, job_name=run.job_name)


def end(child: Child) -> None:
    child.kill()
    child.wait()


def test_a_process_lives_until_it_is_killed(tmp_path: Path) -> None:
    with marked(tmp_path) as (child, process):
        assert (process.pid, process.is_here, process.has_ended) == (child.pid, True, False)

        end(child)

        assert process.has_ended
        assert list(tmp_path.iterdir()) == []


def test_a_process_that_ends_by_itself_leaves_nothing(tmp_path: Path) -> None:
    with this_process(tmp_path) as process:
        assert not process.has_ended

    assert process.has_ended
    assert list(tmp_path.iterdir()) == []


def test_of_a_process_of_another_machine_nothing_can_be_told(tmp_path: Path) -> None:
    with marked(tmp_path) as (child, process):
        elsewhere = replace(process, machine="another")
        end(child)

        assert RunProcess.of(elsewhere.tags) == elsewhere
        assert (elsewhere.is_here, elsewhere.has_ended) == (False, False)


def test_a_run_of_a_killed_command_is_ended_and_lets_others_have_its_turn(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    storage = instance.event_log_storage
    storage.set_concurrency_slots(TABLE, 1)
    with marked(tmp_path / "living") as (_, living), marked(tmp_path / "killed") as (child, killed):
        # Given two runs, one of which has its turn
        other, run = started(instance, living.tags), started(instance, killed.tags)
        assert storage.claim_concurrency_slot(TABLE, run.run_id, TABLE).is_claimed
        assert list(end_abandoned_runs(instance)) == []

        # When that one is killed
        end(child)
        ((ended, why),) = end_abandoned_runs(instance)

        # Then it has failed, the other goes on, and the turn is free
        assert (ended.run_id, why) == (run.run_id, f"its process {child.pid} has ended")
        status = {each.run_id: each.status for each in instance.get_runs()}
        assert status == {
            run.run_id: dg.DagsterRunStatus.FAILURE,
            other.run_id: dg.DagsterRunStatus.STARTED,
        }
        assert storage.claim_concurrency_slot(TABLE, other.run_id, TABLE).is_claimed


def test_a_run_that_was_stopped_keeps_its_turn_while_it_may_be_at_work(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = instance.event_log_storage
    storage.set_concurrency_slots(TABLE, 1)
    run = started(instance, {})
    assert storage.claim_concurrency_slot(TABLE, run.run_id, TABLE).is_claimed
    instance.report_run_canceled(run)

    assert list(end_abandoned_runs(instance)) == []
    assert storage.get_concurrency_run_ids() == {run.run_id}

    monkeypatch.setattr("tg_pipeline.defs.abandoned_runs.time", later(GRACE))
    assert list(end_abandoned_runs(instance)) == []
    assert storage.get_concurrency_run_ids() == set()


def later(seconds: float) -> Callable[[], float]:
    from time import time  # noqa: PLC0415 - the module's own name for it is replaced

    return lambda: time() + seconds + 1


def test_a_run_of_dagster_dev_is_gone_with_its_process(instance: dg.DagsterInstance) -> None:
    with python(SPAWNED) as child:
        run = started(instance, {CODE_SERVER_TAG: json.dumps({"socket": "/tmp/a"})})  # noqa: S108
        instance.report_engine_event("Started", run, EngineEventData.in_process(child.pid))
        assert why_gone(instance, run) is None

        end(child)

        assert why_gone(instance, run) == f"its process {child.pid} is gone"


def test_a_number_that_another_program_has_by_now_is_not_taken_for_the_run(
    instance: dg.DagsterInstance,
) -> None:
    with subprocess.Popen(["/bin/sleep", "600"]) as other:
        run = started(instance, {CODE_SERVER_TAG: json.dumps({"socket": "/tmp/a"})})  # noqa: S108
        instance.report_engine_event("Started", run, EngineEventData.in_process(other.pid))

        assert why_gone(instance, run) == f"its process {other.pid} is gone"
        other.kill()


@pytest.mark.parametrize("server", [{}, {"host": "127.0.0.1", "port": free_port()}])
def test_a_run_of_which_nothing_can_be_told_is_taken_to_live(
    instance: dg.DagsterInstance, server: dict[str, object]
) -> None:
    run = started(instance, {CODE_SERVER_TAG: json.dumps(server)})

    assert why_gone(instance, run) is None
    assert instance.run_launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING


def test_run_monitoring_is_told_and_a_stop_in_the_ui_reaches_a_command(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    # Given a command at work, in an instance as the checkout sets it up
    launcher = instance.run_launcher
    assert launcher.supports_check_run_worker_health
    with marked(tmp_path / "processes") as (child, process):
        run = started(instance, process.tags)
        assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING

        # When it is stopped in the UI
        assert launcher.terminate(run.run_id)

        # Then it hears of it as of Ctrl-C, and is known to be over
        assert child.wait() == -signal.SIGINT
        assert launcher.check_run_worker_health(run).status is WorkerStatus.NOT_FOUND
        assert not launcher.terminate(run.run_id), "there is nobody to stop any more"
