"""A run that nobody works at any more is ended, and holds nobody up; no other is touched."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import EngineEventData

from tg_pipeline.defs.abandoned_runs import GRACE, end_abandoned_runs
from tg_pipeline.defs.run_health import CODE_SERVER_TAG
from tg_pipeline_tests.defs.code_server import code_server
from tg_pipeline_tests.defs.watched import (
    as_it_is,
    dagster_of_the_checkout,
    end,
    marked,
    started,
    started_in,
)

TABLE = "raw_updates"
LOCAL = {CODE_SERVER_TAG: json.dumps({"socket": "/tmp/a"})}  # noqa: S108 - nobody opens it
NOBODY = 2**22 + 1
"""More than the number of any process: https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html"""


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Give an instance as the checkout sets it up, with a pool that lets one in."""
    monkeypatch.chdir(tmp_path)
    with dagster_of_the_checkout(tmp_path) as found:
        found.event_log_storage.set_concurrency_slots(TABLE, 1)
        yield found


def takes_its_turn(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    status = instance.event_log_storage.claim_concurrency_slot(TABLE, run.run_id, TABLE)
    return bool(status.is_claimed)


def turns(instance: dg.DagsterInstance) -> set[str]:
    return instance.event_log_storage.get_concurrency_run_ids()


def test_a_run_of_a_killed_command_is_ended_and_lets_others_have_its_turn(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    with marked(tmp_path / "living") as (_, living), marked(tmp_path / "killed") as (child, killed):
        # Given two runs, one of which has its turn
        other, run = started_in(instance, living), started_in(instance, killed)
        assert takes_its_turn(instance, run)
        assert list(end_abandoned_runs(instance)) == []

        # When that one is killed
        end(child)
        ((ended, why),) = end_abandoned_runs(instance)

        # Then it has failed, the other goes on, and the turn is free
        assert (ended.run_id, why) == (run.run_id, f"its process {child.pid} has ended")
        assert as_it_is(instance, run).status is dg.DagsterRunStatus.FAILURE
        assert as_it_is(instance, other).status is dg.DagsterRunStatus.STARTED
        assert takes_its_turn(instance, other)


def test_a_run_that_was_stopped_keeps_its_turn_while_it_may_be_at_work(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a run whose code server has been told to stop it, and denies it since
    with code_server(knows_it=False) as server:
        run = started(instance, server.tags)
        assert takes_its_turn(instance, run)

        # When it is stopping, and when it is taken to have stopped
        instance.report_run_canceling(run)
        assert list(end_abandoned_runs(instance)) == []
        assert as_it_is(instance, run).status is dg.DagsterRunStatus.CANCELING
        instance.report_run_canceled(run)
        assert list(end_abandoned_runs(instance)) == []

        # Then it may still be writing, and has its turn; not for ever
        assert turns(instance) == {run.run_id}
        monkeypatch.setattr("tg_pipeline.defs.abandoned_runs.time", later(GRACE))
        assert list(end_abandoned_runs(instance)) == []
        assert turns(instance) == set()


def later(seconds: float) -> Callable[[], float]:
    from time import time  # noqa: PLC0415 - the module's own name for it is replaced

    return lambda: time() + seconds + 1


def test_a_run_that_a_new_code_server_does_not_know_has_failed(
    instance: dg.DagsterInstance,
) -> None:
    with code_server(knows_it=False) as server:
        run = started(instance, server.tags)
        assert takes_its_turn(instance, run)

        ((ended, why),) = end_abandoned_runs(instance)

        assert (ended.run_id, why) == (run.run_id, f"127.0.0.1:{server.port} does not run it")
        assert as_it_is(instance, run).status is dg.DagsterRunStatus.FAILURE
        assert turns(instance) == {run.run_id}, "what a network says frees nothing at once"


def test_a_run_that_was_stopped_and_is_gone_has_not_failed_and_is_not_tried_again(
    instance: dg.DagsterInstance,
) -> None:
    run = started(instance, LOCAL)
    instance.report_engine_event("Started", run, EngineEventData.in_process(NOBODY))
    assert takes_its_turn(instance, run)
    instance.report_run_canceling(run)

    ((_, why),) = end_abandoned_runs(instance)

    assert why == f"its process {NOBODY} is gone"
    ended = as_it_is(instance, run)
    assert ended.status is dg.DagsterRunStatus.CANCELED
    assert "dagster/will_retry" not in ended.tags
    assert turns(instance) == set()


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(dg.DagsterEventType.RUN_SUCCESS, id="it succeeds"),
        pytest.param(dg.DagsterEventType.RUN_CANCELING, id="it is stopped"),
    ],
)
def test_what_becomes_of_a_run_while_it_is_looked_at_is_not_overwritten(
    instance: dg.DagsterInstance, meanwhile: dg.DagsterEventType
) -> None:
    with code_server(knows_it=False) as server:
        run = started(instance, server.tags)
        event = dg.DagsterEvent(meanwhile.value, job_name=run.job_name)
        server.before_it_answers = lambda: instance.report_dagster_event(event, run.run_id)

        assert list(end_abandoned_runs(instance)) == []

        assert as_it_is(instance, run).status in {
            dg.DagsterRunStatus.SUCCESS,
            dg.DagsterRunStatus.CANCELING,
        }


def test_a_run_that_is_deleted_while_it_is_looked_at_is_left_alone(
    instance: dg.DagsterInstance,
) -> None:
    with code_server(knows_it=False) as server:
        run = started(instance, server.tags)
        server.before_it_answers = lambda: instance.delete_run(run.run_id)

        assert list(end_abandoned_runs(instance)) == []
        assert instance.get_run_by_id(run.run_id) is None
