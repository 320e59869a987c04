"""Assets that follow their inputs are requested once after an input was built."""

from datetime import date, timedelta

import dagster as dg
import pytest

from tg_pipeline.defs.automation import FOLLOW_INPUTS
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.defs.conftest import House

FIRST_DAY = date(2026, 1, 1)
ONE_DAY = timedelta(days=1)
OLD_DAY, NEW_DAY = FIRST_DAY + 3 * ONE_DAY, FIRST_DAY + 20 * ONE_DAY

days = dg.DailyPartitionsDefinition(str(FIRST_DAY), end_offset=1)


@dg.asset(partitions_def=days)
def layer() -> None: ...


@dg.asset(
    deps=[dg.AssetDep(layer, partition_mapping=dg.AllPartitionMapping())],
    automation_condition=FOLLOW_INPUTS,
)
def mart(context: dg.AssetExecutionContext) -> None:
    if context.run.tags.get("fails"):
        raise dg.Failure("the disk is full")


@dg.asset(deps=[mart], automation_condition=FOLLOW_INPUTS)
def page() -> None: ...


@dg.asset(deps=[layer], automation_condition=FOLLOW_INPUTS)
def tables() -> None: ...


FOLLOWERS = ["mart", "page", "tables"]


class Automation:
    """Successive evaluations of the automation conditions of definitions."""

    def __init__(self, instance: dg.DagsterInstance, defs: dg.Definitions) -> None:
        self.instance, self.defs = instance, defs
        self._cursor: dg.AssetDaemonCursor | None = None

    def requested(self) -> list[str]:
        result = dg.evaluate_automation_conditions(self.defs, self.instance, cursor=self._cursor)
        self._cursor = result.cursor
        keys = self.defs.resolve_asset_graph().get_all_asset_keys()
        return sorted(key.to_user_string() for key in keys if result.get_num_requested(key))

    def build_day(self, day: date) -> None:
        dg.materialize([layer], instance=self.instance, partition_key=str(day))

    def build_followers(self, **tags: str) -> bool:
        followers = [layer, mart, page, tables]
        return dg.materialize(
            followers, selection=FOLLOWERS, instance=self.instance, tags=tags, raise_on_error=False
        ).success


@pytest.fixture
def automation(instance: dg.DagsterInstance) -> Automation:
    return Automation(instance, dg.Definitions(assets=[layer, mart, page, tables]))


@pytest.fixture
def current(automation: Automation) -> Automation:
    """An automation whose assets were requested once, after the first days, and are built."""
    assert automation.requested() == []
    automation.build_day(OLD_DAY - ONE_DAY)
    automation.build_day(NEW_DAY)
    assert automation.requested() == FOLLOWERS
    assert automation.requested() == []
    automation.build_followers()
    assert automation.requested() == []
    return automation


def test_an_old_day_that_is_rebuilt_requests_them_again(current: Automation) -> None:
    current.build_day(OLD_DAY)

    assert current.requested() == FOLLOWERS


def test_they_wait_for_a_run_of_an_input_until_it_has_ended(current: Automation) -> None:
    # Given a changed day, and a run of another day in progress
    job = dg.Definitions(
        assets=[layer], jobs=[dg.define_asset_job("days", [layer])]
    ).resolve_job_def("days")
    run = current.instance.create_run_for_job(
        job, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": str(OLD_DAY)}
    )
    current.build_day(NEW_DAY)
    assert current.requested() == []

    # When that run ends, even by failing
    current.instance.report_run_failed(run)

    assert current.requested() == FOLLOWERS
    assert current.requested() == []


def test_after_a_failed_run_they_are_requested_when_an_input_changes_again(
    current: Automation,
) -> None:
    current.build_day(NEW_DAY)
    assert current.requested() == FOLLOWERS
    assert not current.build_followers(fails="yes")
    assert current.requested() == []

    current.build_day(NEW_DAY)

    assert current.requested() == FOLLOWERS


def test_the_cumulative_marts_and_the_report_follow_a_day_that_any_run_built(
    house: House,
) -> None:
    # Given a day that was built in process, as `tg-pipeline run` does without a daemon
    automation = Automation(house.instance, house.defs)
    assert automation.requested() == []
    house.run(DAY)
    marts = [mart.name for mart in CUMULATIVE_MARTS]

    assert automation.requested() == sorted([*marts, "report"])

    house.run_job("marts_job")
    house.run_job("report_job")

    assert automation.requested() == []
