"""The marts in Dagster: where they stand, what a run of them records, and what starts one."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from lambda_ingest.store import StoreError
from tg_pipeline.builds.marts import MartBuilder
from tg_pipeline.definitions import defs
from tg_pipeline.defs.failures import ATTEMPTS
from tg_pipeline.defs.mart_sensor import marts_sensor
from tg_pipeline.marts.catalog import ALL_MARTS, CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.marts.daily import DAILY_ACTIVITY
from tg_pipeline.marts.mart import Mart
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.defs.conftest import House

NEXT_DAY = DAY + timedelta(days=1)
MORNING = "2026-10-10T12:00:00+00:00"
CHAT = {"id": -100, "type": "supergroup", "title": "Turma"}
CONTENT = {"message_id": 1, "date": 1_791_378_000, "text": "como faço isso?", "chat": CHAT}
MESSAGE = {"update_id": 2, "message": CONTENT | {"from": {"id": 3, "first_name": "Ana"}}}


@pytest.mark.parametrize("mart", ALL_MARTS, ids=lambda mart: mart.name)
def test_a_mart_stands_behind_its_sources_and_says_what_it_is(mart: Mart) -> None:
    node = defs.resolve_asset_graph().get(dg.AssetKey(mart.name))

    assert {key.path[-1] for key in node.parent_keys} == {table.name for table in mart.sources}
    assert node.group_name == ("marts_by_day" if mart.is_daily else "marts")
    assert (node.partitions_def is not None) == mart.is_daily
    assert node.owners
    assert {"duckdb", "parquet"} <= node.kinds
    assert node.description
    assert mart.limitations in node.description
    assert {"dagster/column_schema", "dagster/uri", "query"} <= node.metadata.keys()


def test_every_law_is_a_check_that_stops_what_is_behind() -> None:
    graph = defs.resolve_asset_graph()

    for mart in ALL_MARTS:
        if mart.conservation_rule:
            check = graph.get(dg.AssetCheckKey(dg.AssetKey(mart.name), mart.conservation_rule.name))
            assert check.blocking


def run_marts(house: House) -> dg.ExecuteInProcessResult:
    job = house.defs.resolve_job_def("marts_job")
    return job.execute_in_process(instance=house.instance, raise_on_error=False)


def test_the_run_of_a_day_builds_its_marts_and_says_what_they_hold(house: House) -> None:
    house.pipeline.land(MESSAGE)

    assert house.run(DAY, NEXT_DAY).success

    for mart in DAILY_MARTS:
        said = house.metadata(mart.name, DAY)
        assert said["dagster/partition_row_count"] == said["rows"]
        assert said["bytes"] > 0
        assert said["dagster/column_lineage"].deps_by_column
    assert "`Turma`" in house.metadata("daily_activity", DAY)["preview"]
    assert house.metadata("daily_activity", NEXT_DAY)["rows"] == 0


def test_the_marts_of_all_days_are_built_in_one_run_of_their_own(house: House) -> None:
    house.pipeline.land(MESSAGE)
    house.run(DAY)

    result = run_marts(house)

    assert result.success
    assert all(each.passed for each in result.get_asset_check_evaluations())
    for mart in CUMULATIVE_MARTS:
        (record,) = house.instance.fetch_materializations(dg.AssetKey(mart.name), limit=1).records
        assert record.asset_materialization
        assert record.asset_materialization.metadata["dagster/row_count"].value is not None
    with house.pipeline.lake.open("questions", None) as questions:
        assert questions.rows == 1


def test_an_empty_lake_has_marts_too(house: House) -> None:
    assert run_marts(house).success


def test_a_law_that_is_broken_fails_its_check(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a mart of which half is lost on the way
    build_days = MartBuilder.build_days

    def lose(builder: MartBuilder, mart: Mart, days: list[date | None]) -> list[object]:
        built = build_days(builder, mart, days)
        return [
            replace(
                each, conservation=each.conservation and replace(each.conservation, output_rows=0)
            )
            for each in built
        ]

    monkeypatch.setattr(MartBuilder, "build_days", lose)
    house.pipeline.land(MESSAGE)

    # When its day is built
    evaluations = house.run(DAY).get_asset_check_evaluations()

    # Then its check fails
    assert DAILY_ACTIVITY.conservation_rule
    failed = {each.check_name for each in evaluations if not each.passed}
    assert DAILY_ACTIVITY.conservation_rule.name in failed


def test_a_damaged_source_fails_in_one_sentence(house: House) -> None:
    house.pipeline.land(MESSAGE)
    house.run(DAY)
    enriched = house.pipeline.folder / "lake" / "enriched_updates" / f"context_date={DAY}"
    (enriched / "part-0.parquet").write_bytes(b"no Parquet")

    result = run_marts(house)

    failed = [event for event in result.all_events if event.is_step_failure]
    assert any("The marts can't be built: " in str(event.step_failure_data) for event in failed)
    assert not any(event.is_step_up_for_retry for event in result.all_events)


def looked(house: House, cursor: str | None = None) -> dg.SensorResult:
    context = dg.build_sensor_context(instance=house.instance, cursor=cursor)
    found = marts_sensor(context, lake=house.lake)
    return found if isinstance(found, dg.SensorResult) else dg.SensorResult(cursor=cursor)


def test_a_run_that_changed_a_day_is_followed_by_one_of_the_marts(house: House) -> None:
    # Given marts that are built
    house.pipeline.land(MESSAGE)
    house.run(DAY)
    run_marts(house)
    found = looked(house)
    assert not found.run_requests

    # When a day changes
    house.pipeline.land({**MESSAGE, "update_id": 3})
    house.run(DAY)

    # Then the marts are asked for, and once only
    found = looked(house, found.cursor)
    assert len(found.run_requests or []) == 1
    assert not looked(house, found.cursor).run_requests

    # And once they are built, nothing is asked for
    run_marts(house)
    assert not looked(house, found.cursor).run_requests


def test_marts_that_failed_are_asked_for_again_a_few_times(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a lake that fails whoever builds a mart of all days
    house.pipeline.land(MESSAGE)
    house.run(DAY)
    with monkeypatch.context() as broken:
        broken.setattr(MartBuilder, "build", refuse)
        found, requests = looked(house), 0
        while found.run_requests:
            requests += 1
            assert not run_marts(house).success
            found = looked(house, found.cursor)

        # Then they are asked for five times, and once more after another run
        assert requests == ATTEMPTS
        assert not looked(house, found.cursor).run_requests
    house.run(NEXT_DAY)
    assert looked(house, found.cursor).run_requests

    # And once they are built no more
    run_marts(house)
    assert not looked(house, found.cursor).run_requests


def refuse(*_: object) -> None:
    raise StoreError("The store is closed.")


def test_while_a_run_is_under_way_the_marts_wait(house: House) -> None:
    house.pipeline.land(MESSAGE)
    house.run(DAY)
    job = house.defs.resolve_job_def("updates_job")
    house.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)

    assert not looked(house).run_requests


def test_a_day_whose_marts_were_cut_off_is_asked_for(house: House, tmp_path: Path) -> None:
    # Given a day that is built, but for a mart
    day = date(2026, 10, 9)
    house.pipeline.land(MESSAGE, day=day)
    house.run(date(2026, 10, 2), day)
    assert house.asked(MORNING) == []
    mart = tmp_path / "lake" / "content_mix" / f"context_date={day}" / "part-0.parquet"
    mart.unlink()

    # Then the sensor asks for it, and once it is built no more
    assert house.asked(MORNING) == [(str(day), str(day))]
    house.run(day)
    assert house.asked(MORNING) == []
