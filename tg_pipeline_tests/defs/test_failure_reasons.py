"""Why a run failed is what stopped it, not what else was wrong."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from tg_pipeline.defs.failure_reasons import reason_of

UNTIDY = dg.AssetCheckResult(
    check_name="is_tidy",
    passed=False,
    severity=dg.AssetCheckSeverity.WARN,
    description="a bit untidy",
)
LOST = dg.AssetCheckResult(check_name="is_whole", passed=False, description="a row is lost")


@dg.asset_check(asset="day", name="yesterday_is_there")
def look() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False, description="2026-10-09 is not built.")


class Way(dg.Config):
    """How a day goes."""

    ends: str


@dg.asset(
    check_specs=[
        dg.AssetCheckSpec("is_tidy", asset="day", blocking=True),
        dg.AssetCheckSpec("is_whole", asset="day", blocking=True),
    ]
)
def day(config: Way) -> Iterator[Any]:
    yield UNTIDY
    if config.ends == "full":
        raise OSError(28, "the disk is full")
    whole = dg.AssetCheckResult(check_name="is_whole", passed=True)
    yield LOST if config.ends == "lost" else whole
    yield dg.MaterializeResult()


PLACE = dg.Definitions(
    assets=[day],
    asset_checks=[look],
    jobs=[
        dg.define_asset_job("day_job", dg.AssetSelection.assets(day)),
        dg.define_asset_job("look_job", dg.AssetSelection.checks(look)),
    ],
    executor=dg.in_process_executor,
)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def build(instance: dg.DagsterInstance, ends: str) -> str:
    """Build a day, as a backfill in the UI does, which looks for yesterday too; give the run."""
    config = {"ops": {"day": {"config": {"ends": ends}}}}
    job = PLACE.resolve_job_def("day_job")
    return job.execute_in_process(instance=instance, raise_on_error=False, run_config=config).run_id


def test_a_crash_is_the_reason_whatever_a_check_had_to_say(instance: dg.DagsterInstance) -> None:
    run_id = build(instance, "full")

    assert reason_of(instance, run_id) == "[Errno 28] the disk is full"


def test_a_check_that_stopped_its_step_is_the_reason(instance: dg.DagsterInstance) -> None:
    run_id = build(instance, "lost")

    assert reason_of(instance, run_id) == "is_whole: a row is lost"


def test_a_run_that_was_ended_from_outside_says_so(instance: dg.DagsterInstance) -> None:
    # Given a run in which no step failed, though yesterday was not there
    run_id = build(instance, "well")
    run = instance.get_run_by_id(run_id)
    assert run is not None

    # When its process is gone
    instance.report_run_failed(run, "The run's process is gone.")

    assert reason_of(instance, run_id) == "The run's process is gone."


def test_where_nothing_else_failed_a_check_is_the_reason(instance: dg.DagsterInstance) -> None:
    looked = PLACE.resolve_job_def("look_job").execute_in_process(instance=instance)

    assert reason_of(instance, looked.run_id) == ("yesterday_is_there: 2026-10-09 is not built.")
