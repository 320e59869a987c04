"""DuckDB has bounded memory, downloads nothing, and plans queries without holding all rows."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.marts.cumulative import MESSAGES
from tg_pipeline.marts.duckdb_engine import EngineError, create_view, open_engine, run_query
from tg_pipeline_tests.conftest import DAY


def test_nothing_is_downloaded_and_memory_is_bounded(tmp_path: Path) -> None:
    with open_engine(tmp_path) as engine:
        settings = dict(engine.execute("SELECT name, value FROM duckdb_settings()").fetchall())

    assert settings["autoinstall_known_extensions"] == "false"
    assert settings["autoload_known_extensions"] == "false"
    assert settings["memory_limit"] == "953.6 MiB"
    assert settings["temp_directory"] == str(tmp_path)
    assert settings["TimeZone"] == "UTC"


def test_data_larger_than_the_memory_spills_into_the_folder(tmp_path: Path) -> None:
    with open_engine(tmp_path) as engine:
        engine.execute("SET memory_limit = '60MB'")
        engine.execute(
            "CREATE TABLE many AS SELECT range AS n, hash(range) AS h FROM range(8e6::int)"
        )
        (spilled,) = engine.execute("SELECT count(*) FROM duckdb_temporary_files()").fetchall()

    assert spilled[0] > 0


def test_the_error_of_a_query_is_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(EngineError, match="enriched_updates does not exist") as failure,
        open_engine(tmp_path) as engine,
    ):
        list(run_query(engine, MESSAGES, "UTC"))

    assert "\n" not in str(failure.value)


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Europe/Lisbon", "Asia/Kolkata"])
def test_local_times_are_those_of_python(tmp_path: Path, zone: str) -> None:
    # Given every sixth hour since Telegram's launch; DuckDB has its own time zone data
    hours = range(1_376_438_400, 2_082_758_400, 6 * 3_600)
    times = [datetime.fromtimestamp(second, UTC) for second in hours]

    with open_engine(tmp_path) as engine:
        engine.register("times", pa.table({"instant": times}))
        query = "SELECT instant AT TIME ZONE $zone FROM times ORDER BY instant"
        local = engine.sql(query, params={"zone": zone}).fetchall()

    assert [clock for (clock,) in local] == [
        at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in times
    ]


UPDATES = 10_000


def column(kind: pa.DataType) -> pa.Array:
    """Return a column of many values, with statistics like those of a real day."""
    if pa.types.is_list(kind):
        return pa.nulls(UPDATES, kind)
    if pa.types.is_string(kind):
        return pa.array([None, "message"] * (UPDATES // 2), kind)
    return pa.array(range(UPDATES), pa.int64()).cast(kind)


def steps(plan: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the steps of a plan, each with its details."""
    for step in plan:
        yield step["name"].strip(), step["extra_info"]
        yield from steps(step["children"])


def test_no_join_of_messages_holds_all_messages(tmp_path: Path) -> None:
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

    # Then no join builds its hash table from the left side, which has all messages
    joins = [about["Join Type"] for name, about in steps(json.loads(plan)) if name == "HASH_JOIN"]
    assert joins.count("LEFT") == 2
    assert not any(kind.startswith("RIGHT") for kind in joins)
