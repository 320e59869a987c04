"""The reason in an alert is what stopped the run, not what else was wrong."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg
import pytest

from tg_pipeline.defs.alerts.failures import failure_reason, job_title, run_days
from tg_pipeline.defs.partitions import PARTITION, range_tags

UNTIDY = dg.AssetCheckResult(
    check_name="is_tidy",
    passed=False,
    severity=dg.AssetCheckSeverity.WARN,
    description="a bit untidy",
)
LOST = dg.AssetCheckResult(check_name="is_complete", passed=False, description="a row is lost")


@dg.asset_check(asset="day", name="yesterday_is_there")
def yesterday() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False, description="2026-10-09 is not built.")


class Config(dg.Config):
    """How the run of a day ends."""

    ends: str


@dg.asset(
    check_specs=[
        dg.AssetCheckSpec("is_tidy", asset="day", blocking=True),
        dg.AssetCheckSpec("is_complete", asset="day", blocking=True),
    ]
)
def day(config: Config) -> Iterator[Any]:
    yield UNTIDY
    if config.ends == "full disk":
        raise OSError(28, "the disk is full")
    complete = dg.AssetCheckResult(check_name="is_complete", passed=True)
    yield LOST if config.ends == "lost row" else complete
    yield dg.MaterializeResult()


DEFINITIONS = dg.Definitions(
    assets=[day],
    asset_checks=[yesterday],
    jobs=[
        dg.define_asset_job("day_job", dg.AssetSelection.assets(day)),
        dg.define_asset_job("check_job", dg.AssetSelection.checks(yesterday)),
    ],
    executor=dg.in_process_executor,
)


def build(instance: dg.DagsterInstance, ends: str) -> str:
    """Build the day and evaluate yesterday's check, as a backfill does; return the run's id."""
    config = {"ops": {"day": {"config": {"ends": ends}}}}
    job = DEFINITIONS.resolve_job_def("day_job")
    return job.execute_in_process(instance=instance, raise_on_error=False, run_config=config).run_id


@pytest.mark.parametrize(
    ("ends", "reason"),
    [
        ("full disk", "[Errno 28] the disk is full"),
        ("lost row", "is_complete: a row is lost"),
    ],
)
def test_the_reason_is_the_error_or_the_blocking_check_that_stopped_the_step(
    instance: dg.DagsterInstance, ends: str, reason: str
) -> None:
    assert failure_reason(instance, build(instance, ends)) == reason


def test_a_run_whose_process_died_has_dagster_s_own_reason(instance: dg.DagsterInstance) -> None:
    run = instance.get_run_by_id(build(instance, "well"))
    assert run is not None

    instance.report_run_failed(run, "The run's process is gone.")

    assert failure_reason(instance, run.run_id) == "The run's process is gone."


def test_a_failed_check_is_the_reason_if_nothing_else_failed(instance: dg.DagsterInstance) -> None:
    checked = DEFINITIONS.resolve_job_def("check_job").execute_in_process(instance=instance)

    assert failure_reason(instance, checked.run_id) == (
        "yesterday_is_there: 2026-10-09 is not built."
    )


def test_a_run_is_named_by_its_job_or_its_assets_and_its_days() -> None:
    keys = {dg.AssetKey(name) for name in ("report", "messages", "threads", "questions")}
    tags = range_tags(date(2026, 10, 1), date(2026, 10, 31))
    of_a_job = dg.DagsterRun("updates_job", tags={PARTITION: "2026-10-09"})
    of_assets = dg.DagsterRun("__ASSET_JOB", asset_selection=frozenset(keys), tags=tags)

    assert (job_title(of_a_job), run_days(of_a_job)) == ("updates_job", ("2026-10-09",))
    assert job_title(of_assets) == "messages, questions, report, +1"
    assert run_days(of_assets) == ("2026-10-01", "2026-10-31")
    assert run_days(dg.DagsterRun("marts_job")) == ()
