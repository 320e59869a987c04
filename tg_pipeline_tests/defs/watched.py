"""Runs under way in a Dagster that is set up as the checkout, and processes to take them for."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from tg_pipeline.defs.run_process import RunProcess, this_machine

CHECKOUT = Path(__file__).parents[2]

MARKED = """
import sys, time
from pathlib import Path
from tg_pipeline.defs.run_process import this_process
with this_process(Path(sys.argv[1])) as process:
    print(process.lock, flush=True)
    time.sleep(600)
"""

Child = subprocess.Popen[str]


@dg.job
def nothing() -> None:
    """Do nothing."""


@contextmanager
def dagster_of_the_checkout(folder: Path) -> Iterator[dg.DagsterInstance]:
    """Give an instance as the checkout's dagster.yaml sets it up; `folder` is where one stands."""
    shutil.copy(CHECKOUT / "dagster.yaml", folder)
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        yield instance


def created(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.DagsterRun:
    return instance.create_run_for_job(nothing, tags=tags)


def started(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.DagsterRun:
    return begun(instance, created(instance, tags))


def started_in(instance: dg.DagsterInstance, process: RunProcess) -> dg.DagsterRun:
    """Give a run of the command line's that is under way in a process."""
    run = created(instance, {})
    instance.add_run_tags(run.run_id, process.tags(run.run_id))
    return begun(instance, run)


def begun(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRun:
    instance.report_dagster_event(
        dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, job_name=run.job_name), run.run_id
    )
    return as_it_is(instance, run)


def as_it_is(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRun:
    found = instance.get_run_by_id(run.run_id)
    assert found
    return found


@contextmanager
def python(program: str, *arguments: str) -> Iterator[Child]:
    """Start a Python program, and end it with the block if the test has not."""
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            yield child
        finally:
            child.kill()


@contextmanager
def marked(folder: Path) -> Iterator[tuple[Child, RunProcess]]:
    """Give another process that is marked as one of the command line's."""
    with python(MARKED, str(folder)) as child:
        assert child.stdout
        lock = Path(child.stdout.readline().strip())
        assert lock.is_file(), "the child has not begun"
        yield child, RunProcess(this_machine(), child.pid, lock)


def end(child: Child) -> None:
    child.kill()
    child.wait()
