"""Old runs are deleted with all their traces, and no table or day that exists looks missing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from tg_pipeline.defs.privacy.assets import EXPIRED
from tg_pipeline.defs.privacy.history import delete_old_runs, history_schedule, remove_traces
from tg_pipeline_tests.security.search import files_below, holds

days = dg.DailyPartitionsDefinition("2026-10-01", end_offset=1)
OLD, NEW = "2026-10-01", "2026-10-02"
WORDS = "jabuticaba"


@dg.asset(partitions_def=days)
def layer(context: dg.AssetExecutionContext) -> None:
    context.add_asset_metadata({"words": f"{WORDS} {context.run.run_id}"})


@dg.op
def mark_expired(context: dg.OpExecutionContext) -> None:
    context.log_event(dg.AssetMaterialization("layer", partition=OLD, description=EXPIRED))


@dg.job
def expiry() -> None:
    mark_expired()


@pytest.fixture
def kept_instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


def build(instance: dg.DagsterInstance, day: str) -> str:
    return dg.materialize([layer], instance=instance, partition_key=day).run_id


def later() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


@pytest.mark.slow
def test_a_run_goes_once_a_later_one_has_built_the_same_days(
    kept_instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    # Given a day that was built twice, and one that was built once
    first, second, other = (build(kept_instance, day) for day in (OLD, OLD, NEW))
    assert delete_old_runs(kept_instance, datetime.now(UTC) - timedelta(days=1)) == []

    # When all runs are old
    deleted = delete_old_runs(kept_instance, later())
    remove_traces(tmp_path, deleted)

    # Then only what nobody sees any more is gone, from the files too
    assert deleted == [first]
    assert kept_instance.get_materialized_partitions(dg.AssetKey("layer")) == {OLD, NEW}
    found = {
        run_id
        for run_id in (first, second, other)
        for file in files_below(tmp_path)
        if holds(file.content, f"{WORDS} {run_id}")
    }
    assert found == {second, other}


def test_the_runs_of_a_day_that_has_expired_go(kept_instance: dg.DagsterInstance) -> None:
    built = build(kept_instance, OLD)
    marked = expiry.execute_in_process(instance=kept_instance).run_id

    assert sorted(delete_old_runs(kept_instance, later())) == sorted([built, marked])
    assert kept_instance.get_materialized_partitions(dg.AssetKey("layer")) == set()


def test_a_run_that_has_not_ended_stays(kept_instance: dg.DagsterInstance) -> None:
    kept_instance.create_run_for_job(expiry, status=dg.DagsterRunStatus.STARTED)

    assert delete_old_runs(kept_instance, later()) == []


def test_all_runs_are_kept_unless_days_are_set() -> None:
    assert isinstance(history_schedule(), dg.SkipReason)
