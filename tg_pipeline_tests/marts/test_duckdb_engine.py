"""DuckDB has bounded memory, downloads nothing, and plans queries without holding all rows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.marts.cumulative import MESSAGES
from tg_pipeline.marts.daily import CONTENT_MIX
from tg_pipeline.marts.duckdb_engine import EngineError, create_view, open_engine, run_query
from tg_pipeline.marts.mart import ALL_TIMES, MartParameters, parameters_used
from tg_pipeline.marts.partials import KNOWN_COMMENT_THREADS, KNOWN_MOVES
from tg_pipeline_tests.conftest import DAY


def test_nothing_is_downloaded_and_memory_is_bounded(tmp_path: Path) -> None:
    with open_engine(tmp_path) as engine:
        settings = dict(engine.execute("SELECT name, value FROM duckdb_settings()").fetchall())

    assert settings["autoinstall_known_extensions"] == "false"
    assert settings["autoload_known_extensions"] == "false"
    assert settings["memory_limit"] == "953.6 MiB"
    assert settings["temp_directory"] == str(tmp_path)
    assert settings["TimeZone"] == "UTC"


def test_the_error_of_a_query_is_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(EngineError, match="enriched_updates does not exist") as failure,
        open_engine(tmp_path) as engine,
    ):
        list(run_query(engine, MESSAGES, MartParameters("UTC")))

    assert "\n" not in str(failure.value)


UPDATES = 10_000


def column(kind: pa.DataType) -> pa.Array:
    """Return a column of many values, with statistics like those of a real day."""
    if pa.types.is_list(kind):
        return pa.nulls(UPDATES, kind)
    if pa.types.is_string(kind):
        return pa.array([None, "message"] * (UPDATES // 2), kind)
    return pa.array(range(UPDATES), pa.int64()).cast(kind)


def steps(plan: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
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
        sql = f"EXPLAIN (FORMAT json) {MESSAGES.sql}"
        for table in (KNOWN_MOVES, KNOWN_COMMENT_THREADS):
            create_view(engine, table, [])
        used = MartParameters("UTC").used_by(MESSAGES.sql)
        used |= parameters_used(ALL_TIMES, MESSAGES.sql)
        ((_, plan),) = engine.sql(sql, params=used).fetchall()

    # Then no join builds its hash table from the left side, which has all messages
    joins = [about["Join Type"] for name, about in steps(json.loads(plan)) if name == "HASH_JOIN"]
    assert joins.count("LEFT") == 3
    assert not any(kind.startswith("RIGHT") for kind in joins)


@pytest.mark.parametrize("files", ["all by an earlier release", "one by this release"])
def test_columns_that_an_earlier_release_did_not_write_are_null(tmp_path: Path, files: str) -> None:
    # Given days of a mart, written before it had its last column
    schema = CONTENT_MIX.schema
    paths = [tmp_path / f"context_date=2026-10-0{n}" / "part-0.parquet" for n in (1, 2)]
    for path in paths:
        path.parent.mkdir()
        is_new = path is paths[1] and files == "one by this release"
        rows = pa.table({each.name: column(each.type) for each in schema})
        written = rows if is_new else rows.drop_columns(["moved_chat_id"])
        pq.write_table(written.slice(0, 1), path)

    with open_engine(tmp_path) as engine:
        is_uniform = files == "all by an earlier release"
        create_view(engine, CONTENT_MIX, paths, is_uniform=is_uniform, adds_columns=True)
        found = engine.execute("SELECT moved_chat_id FROM content_mix ORDER BY 1 NULLS LAST")

        assert found.fetchall() == [(0 if files == "one by this release" else None,), (None,)]
