"""A run whose process is gone is known to be; one of which nothing is known is let live."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster._core.launcher import WorkerStatus

from tg_pipeline.defs.run_health import CODE_SERVER_TAG, why_gone
from tg_pipeline_tests.defs.watched import dagster_of_the_checkout, end, python, started
from tg_pipeline_tests.fakes.ports import free_port

LOCAL = {CODE_SERVER_TAG: json.dumps({"socket": "/tmp/a"})}  # noqa: S108 - nobody opens it
SPAWNED = "import multiprocessing, time; time.sleep(600)"


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Give an instance as the checkout sets it up."""
    monkeypatch.chdir(tmp_path)
    with dagster_of_the_checkout(tmp_path) as found:
        yield found


def test_a_run_of_dagster_dev_is_gone_with_its_process(instance: dg.DagsterInstance) -> None:
    with python(SPAWNED) as child:
        run = started(instance, LOCAL)
        instance.report_engine_event("Started", run, EngineEventData.in_process(child.pid))
        assert why_gone(instance, run) is None

        end(child)

        assert why_gone(instance, run) == f"its process {child.pid} is gone"


def test_a_number_that_another_program_has_by_now_is_not_taken_for_the_run(
    instance: dg.DagsterInstance,
) -> None:
    with subprocess.Popen(["/bin/sleep", "600"]) as other:
        run = started(instance, LOCAL)
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
