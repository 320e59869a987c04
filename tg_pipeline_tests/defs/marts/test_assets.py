"""The marts in Dagster: their inputs, what a run records, and their checks."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import dagster as dg
import pytest

from lambda_ingest.store import StoreError
from tg_pipeline.builds import marts
from tg_pipeline.definitions import defs
from tg_pipeline.marts.catalog import ALL_MARTS, CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.marts.cumulative import QUESTIONS
from tg_pipeline.marts.duckdb_engine import conservation_counts
from tg_pipeline.marts.mart import ConservationRule, Mart, shown_sources
from tg_pipeline.marts.people import ACTIVE_USERS, BOTS, CHATS, RETENTION, SOURCES, USERS
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.defs.conftest import House

NEXT_DAY = DAY + timedelta(days=1)
PEOPLE = {mart.name for mart in (BOTS, USERS, CHATS, ACTIVE_USERS, RETENTION, SOURCES)}
CHAT = {"id": -100, "type": "supergroup", "title": "Turma"}
CONTENT = {"message_id": 1, "date": 1_791_378_000, "text": "como faço isso?", "chat": CHAT}
MESSAGE = {"update_id": 2, "message": CONTENT | {"from": {"id": 3, "first_name": "Ana"}}}


@pytest.mark.parametrize("mart", ALL_MARTS, ids=lambda mart: mart.name)
def test_a_mart_depends_on_its_sources_and_its_page_describes_it(mart: Mart) -> None:
    graph = defs.resolve_asset_graph()
    node = graph.get(dg.AssetKey(mart.name))

    assert {key.path[-1] for key in node.parent_keys} == {
        table.name for table in shown_sources(mart)
    }
    assert node.group_name == ("marts_by_day" if mart.is_daily else "marts")
    assert (node.partitions_def is not None) == mart.is_daily
    assert node.owners
    assert {"duckdb", "parquet"} <= node.kinds
    assert node.description
    assert mart.limitations in node.description
    assert {"dagster/column_schema", "dagster/uri", "query"} <= node.metadata.keys()
    if mart.conservation_rule:
        assert graph.get(
            dg.AssetCheckKey(dg.AssetKey(mart.name), mart.conservation_rule.name)
        ).blocking


def test_a_run_of_a_day_builds_its_marts_and_records_their_contents(house: House) -> None:
    house.pipeline.land(MESSAGE)

    assert house.run(DAY, NEXT_DAY).success

    for mart in DAILY_MARTS:
        recorded = house.metadata(mart.name, DAY)
        assert recorded["dagster/partition_row_count"] == recorded["rows"]
        assert recorded["bytes"] > 0
        assert recorded["dagster/column_lineage"].deps_by_column
    activity = house.metadata("daily_activity", DAY)
    assert "Turma" not in activity["preview"]
    assert "| `Turma` | 1 | █" in activity["messages_by_chat"]
    assert house.metadata("daily_activity", NEXT_DAY)["rows"] == 0


def test_the_cumulative_marts_are_built_in_one_run(house: House) -> None:
    house.pipeline.land(MESSAGE)
    house.run(DAY)

    result = house.run_job("marts_job")

    assert result.success
    assert all(each.passed for each in result.get_asset_check_evaluations())
    for mart in CUMULATIVE_MARTS:
        (record,) = house.instance.fetch_materializations(dg.AssetKey(mart.name), limit=1).records
        assert record.asset_materialization
        assert record.asset_materialization.metadata["dagster/row_count"].value is not None
    with house.pipeline.lake.open("questions", None) as questions:
        assert questions.rows == 1


def test_a_damaged_source_is_rebuilt_and_the_marts_are_built(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.pipeline.land(MESSAGE)
    house.run(DAY)
    enriched = house.pipeline.folder / "lake" / "enriched_updates" / f"context_date={DAY}"
    whole = (enriched / "part-0.parquet").read_bytes()
    (enriched / "part-0.parquet").write_bytes(b"no Parquet")

    result = house.run_job("marts_job")

    assert result.success
    assert (enriched / "part-0.parquet").read_bytes() == whole
    warnings = [each.message for each in caplog.records if each.name == "tg_pipeline.damage"]
    assert len(warnings) == 1
    assert f"enriched_updates of {DAY} was damaged" in warnings[0]


def test_a_run_may_ask_for_one_mart_of_a_day(house: House) -> None:
    house.pipeline.land(MESSAGE)
    house.run(DAY)

    result = asked(house, "daily_activity", day=DAY)

    assert materialized(result) == {"daily_activity"}
    assert all(each.passed for each in result.get_asset_check_evaluations())


def test_a_run_may_ask_for_the_check_of_a_mart_alone(house: House) -> None:
    house.pipeline.land(MESSAGE)
    house.run(DAY)
    checks = dg.AssetSelection.checks_for_assets("messages")

    result = asked(house, checks)

    assert materialized(result) == set()
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("messages_are_counted_once", True)


def test_a_mart_that_fails_keeps_those_made_from_it_from_being_built_and_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.pipeline.land(MESSAGE)
    house.run(DAY)
    questions_are_counted_by(monkeypatch, raise_full)

    result = house.run_job("marts_job")

    assert not result.success
    (failure,) = result.get_step_failure_events()
    assert "the disk is full" in str(failure.step_failure_data.user_failure_data)
    assert materialized(result) == {
        "messages",
        "detected_questions",
        "small_talk",
        "answers",
        *PEOPLE,
    }


def test_a_mart_that_loses_rows_keeps_those_made_from_it_from_being_built_and_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.pipeline.land(MESSAGE)
    house.run(DAY)
    questions_are_counted_by(monkeypatch, lambda: [(2, 1)])

    result = house.run_job("marts_job")

    assert not result.success
    (lossy,) = (each for each in result.get_asset_check_evaluations() if not each.passed)
    assert lossy.check_name == "detected_questions_are_grouped"
    assert materialized(result) == {
        *("messages", "detected_questions", "small_talk", "questions", "answers"),
        *PEOPLE,
    }


def questions_are_counted_by(
    monkeypatch: pytest.MonkeyPatch, counts: Callable[[], list[tuple[int, int]]]
) -> None:
    def count(engine: Any, rule: ConservationRule, *rest: Any) -> list[tuple[int, int]]:
        if rule is QUESTIONS.conservation_rule:
            return counts()
        return conservation_counts(engine, rule, *rest)

    monkeypatch.setattr(marts, "conservation_counts", count)


def raise_full() -> list[tuple[int, int]]:
    raise StoreError("the disk is full")


def asked(
    house: House, asset: str | dg.AssetSelection, day: date | None = None
) -> dg.ExecuteInProcessResult:
    job = dg.define_asset_job("asked", asset)
    defs = dg.Definitions.merge(house.defs, dg.Definitions(jobs=[job]))
    return defs.resolve_job_def("asked").execute_in_process(
        instance=house.instance, partition_key=str(day) if day else None, raise_on_error=False
    )


def materialized(result: dg.ExecuteInProcessResult) -> set[str]:
    events = result.get_asset_materialization_events()
    return {event.asset_key.path[-1] for event in events if event.asset_key}
