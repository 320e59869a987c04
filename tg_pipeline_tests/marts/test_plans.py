"""How DuckDB goes about a query, where its own choice would hold too much in memory."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.marts.cumulative import MESSAGES
from tg_pipeline.marts.duckdb_engine import create_view, open_engine
from tg_pipeline_tests.conftest import DAY

UPDATES = 10_000


def column(kind: pa.DataType) -> pa.Array:
    """Give a column in which any value may be: its bounds say as much as those of a real day."""
    if pa.types.is_list(kind):
        return pa.nulls(UPDATES, kind)
    if pa.types.is_string(kind):
        return pa.array([None, "message"] * (UPDATES // 2), kind)
    return pa.array(range(UPDATES), pa.int64()).cast(kind)


def steps(plan: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the steps of a plan, each with what there is to say of it."""
    for step in plan:
        yield step["name"].strip(), step["extra_info"]
        yield from steps(step["children"])


def test_messages_are_looked_up_and_not_held_to_be_looked_up(tmp_path: Path) -> None:
    # Given a day of many updates
    file = tmp_path / f"context_date={DAY}" / "part-0.parquet"
    file.parent.mkdir()
    schema = ENRICHED_UPDATES.schema
    pq.write_table(pa.table({each.name: column(each.type) for each in schema}), file)

    # When DuckDB plans the query
    with open_engine(tmp_path) as engine:
        create_view(engine, ENRICHED_UPDATES, [file])
        sql, zone = f"EXPLAIN (FORMAT json) {MESSAGES.sql}", {"timezone": "UTC"}
        ((_, plan),) = engine.sql(sql, params=zone).fetchall()

    # Then no join keeps its left side, on which all messages are
    joins = [about["Join Type"] for name, about in steps(json.loads(plan)) if name == "HASH_JOIN"]
    assert joins.count("LEFT") == 2
    assert not any(kind.startswith("RIGHT") for kind in joins)
