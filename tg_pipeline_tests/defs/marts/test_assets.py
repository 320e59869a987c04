"""The marts in Dagster: their inputs, what a run records, and their checks."""

from datetime import timedelta

import dagster as dg
import pytest

from tg_pipeline.definitions import defs
from tg_pipeline.marts.catalog import ALL_MARTS, CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.marts.mart import Mart
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.defs.conftest import House

NEXT_DAY = DAY + timedelta(days=1)
CHAT = {"id": -100, "type": "supergroup", "title": "Turma"}
CONTENT = {"message_id": 1, "date": 1_791_378_000, "text": "como faço isso?", "chat": CHAT}
MESSAGE = {"update_id": 2, "message": CONTENT | {"from": {"id": 3, "first_name": "Ana"}}}


@pytest.mark.parametrize("mart", ALL_MARTS, ids=lambda mart: mart.name)
def test_a_mart_depends_on_its_sources_and_its_page_describes_it(mart: Mart) -> None:
    graph = defs.resolve_asset_graph()
    node = graph.get(dg.AssetKey(mart.name))

    assert {key.path[-1] for key in node.parent_keys} == {table.name for table in mart.sources}
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
