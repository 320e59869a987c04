"""A run has failed for good once no retry comes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from tg_pipeline.defs.failed_runs import RETRY_COMES_WITHIN, failed_records

SINCE = datetime(2020, 1, 1, tzinfo=UTC)
PROMISED = {"dagster/will_retry": "true"}
LATE = RETRY_COMES_WITHIN + timedelta(minutes=1)


@dg.op
def broken() -> None:
    raise dg.Failure("the disk is full")


@dg.job(executor_def=dg.in_process_executor)
def broken_job() -> None:
    broken()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def fail(instance: dg.DagsterInstance, **tags: str) -> str:
    """Have a run fail to which Dagster promised a retry; give its id."""
    done = broken_job.execute_in_process(
        instance=instance, raise_on_error=False, tags=PROMISED | tags
    )
    return done.run_id


def retry(instance: dg.DagsterInstance, parent: str) -> str:
    """Make the retry of a run, as Dagster's daemon does; give its id."""
    child = instance.create_run_for_job(broken_job, parent_run_id=parent, root_run_id=parent)
    instance.add_run_tags(parent, {"dagster/auto_retry_run_id": child.run_id})
    return child.run_id


def final(instance: dg.DagsterInstance, later: timedelta) -> list[str]:
    """Give the runs that have failed for good, asked so much later."""
    now = datetime.now(UTC) + later
    return [record.dagster_run.run_id for record in failed_records(instance, SINCE, now)]


def test_a_run_whose_retry_is_still_to_come_has_not_failed_yet(
    instance: dg.DagsterInstance,
) -> None:
    fail(instance)

    assert final(instance, timedelta()) == []


def test_a_run_of_which_dagster_has_not_said_yet_may_be_tried_again() -> None:
    # Given a Dagster that tries again, and that has got as far as to note that a run has failed
    with dg.instance_for_test(overrides={"run_retries": {"enabled": True}}) as instance:
        run_id = instance.create_run_for_job(broken_job, status=dg.DagsterRunStatus.STARTED).run_id
        failure = dg.DagsterEvent(dg.DagsterEventType.RUN_FAILURE.value, broken_job.name)
        instance.run_storage.handle_run_event(run_id, failure, datetime.now(UTC))

        # Then the run counts once Dagster says that it is left, or has said nothing for long
        assert final(instance, timedelta()) == []
        assert final(instance, LATE) == [run_id]
        instance.add_run_tags(run_id, {"dagster/will_retry": "false"})
        assert final(instance, timedelta()) == [run_id]


def test_a_retry_that_never_came_is_no_retry(instance: dg.DagsterInstance) -> None:
    run_id = fail(instance)

    assert final(instance, LATE) == [run_id]


def test_a_run_that_was_tried_again_has_not_failed_for_good(instance: dg.DagsterInstance) -> None:
    retry(instance, fail(instance))

    assert final(instance, LATE) == []


def test_another_run_s_retry_is_not_one_s_own(instance: dg.DagsterInstance) -> None:
    # Given a run that was tried again
    child = retry(instance, fail(instance))

    # When somebody has it executed again in the UI, which copies its tags, and that fails too
    again = fail(instance, **{"dagster/auto_retry_run_id": child})

    # Then its own retry is waited for, in vain
    assert final(instance, timedelta()) == []
    assert final(instance, LATE) == [again]
