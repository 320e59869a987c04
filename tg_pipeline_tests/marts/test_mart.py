"""A mart's declaration, its query and its object in the lake agree."""

from dataclasses import replace
from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.cumulative import QUESTIONS
from tg_pipeline.marts.lineage import CONTEXT_DATE, column_origins
from tg_pipeline.marts.mart import Mart, shown_sources
from tg_pipeline.telegram.models import MESSAGE_TYPES
from tg_pipeline_tests.built_marts import partitions_of
from tg_pipeline_tests.marts.bot.bot_lines import BLOCKED, TOPICS, call, chats_about
from tg_pipeline_tests.marts.conftest import DAY, Marts
from tg_pipeline_tests.marts.updates import (
    ANA,
    BIA,
    CAIO,
    command,
    edit,
    message,
    press,
    reaction,
)


def stored_rows(marts: Marts) -> dict[str, int]:
    """Build all marts, check that their objects have the declared schemas, and count the rows."""
    found = {}
    for mart in ALL_MARTS:
        for day in {DAY, *marts.lake.days(ENRICHED_UPDATES.name)} if mart.is_daily else [DAY]:
            marts.build_only(mart, day)
        found[mart.name] = 0
        for name in [DAY] if mart.is_daily else partitions_of(marts.lake, mart):
            with marts.lake.open(mart.name, name) as partition:
                assert partition.exists
                for batch in partition.batches():
                    assert batch.schema.equals(mart.schema), mart.name
                    for stored, declared in zip(batch.schema, mart.schema, strict=True):
                        assert stored.metadata[b"description"] == declared.metadata[b"description"]
                found[mart.name] += partition.rows
    return found


def test_the_results_of_the_queries_have_the_declared_columns(marts: Marts) -> None:
    asked = message("2026-10-07 09:00", ANA, "como faço?", 1)
    marts.put(
        asked,
        edit(asked, "2026-10-07 09:01", "como faço isso?"),
        message("2026-10-07 09:02", BIA, "assim", 2, reply_to=1),
        command("2026-10-07 09:03", ANA, "/ajuda", 3),
        reaction("2026-10-07 09:04", ANA, "", "👍"),
        message("2026-10-07 09:05", BIA, None, 4, new_chat_members=[{"id": BIA}]),
        command("2026-10-07 09:06", ANA, "/start site", 5, chat_id=ANA),
        message("2026-10-07 09:06", ANA, "obrigada", 6, chat_id=ANA),
        press(ANA, "menu:1"),
        *call("2026-10-07 09:07", "sendMessage", {"chat_id": BIA}, error=BLOCKED),
        *chats_about(TOPICS, "não sei"),
    )
    marts.put(message("2026-09-01 09:00", CAIO, "oi", 1), day=date(2026, 9, 1))

    assert all(stored_rows(marts).values())


@pytest.mark.parametrize("is_built", [False, True], ids=["nothing is built", "an empty day"])
def test_without_messages_marts_are_empty(marts: Marts, *, is_built: bool) -> None:
    if is_built:
        marts.put()

    assert not any(stored_rows(marts).values())


def test_a_query_reads_the_declared_sources(mart: Mart) -> None:
    query = sqlglot.parse_one(mart.sql, read="duckdb")
    own = {each.alias for each in query.find_all(exp.CTE)}

    assert {table.name for table in query.find_all(exp.Table)} - own == {
        source.name for source in mart.sources
    }


def test_a_query_selects_the_message_types_of_the_bot_api_models(mart: Mart) -> None:
    query = sqlglot.parse_one(mart.sql, read="duckdb")
    sent = {name for name in MESSAGE_TYPES if not name.startswith("edited_")}

    for condition in query.find_all(exp.In):
        named = {each.name for each in condition.expressions}
        if condition.this.name == "update_type" and "message" in named:
            assert named in (sent, MESSAGE_TYPES)


def test_no_query_is_random_or_depends_on_the_clock(mart: Mart) -> None:
    for word in ("now(", "current_date", "current_timestamp", "random(", "any_value("):
        assert word not in mart.sql.lower()


def test_the_definition_hash_covers_every_module_of_the_post_process_and_its_subpackages(
    tmp_path: Path,
) -> None:
    package = tmp_path / "process" / "__init__.py"
    patterns = tmp_path / "process" / "patterns" / "english.py"
    patterns.parent.mkdir(parents=True)
    package.write_text("def process(table): return table\n")
    patterns.write_text("QUESTION = 'how'\n")
    spec = spec_from_file_location("process_of_a_mart", package)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    mart = replace(QUESTIONS, post_process=module.process, post_process_parameters=())
    before = mart.definition_hash

    patterns.write_text("QUESTION = 'when'\n")

    assert replace(mart).definition_hash != before


def test_the_origins_of_a_column_exist(mart: Mart) -> None:
    sources = shown_sources(mart)
    known = {source.name: {*source.schema.names, CONTEXT_DATE} for source in sources}
    for name, origins in column_origins(mart).items():
        assert name in mart.columns
        assert all(column in known[table] for table, column in origins)


def test_a_column_has_its_source_columns() -> None:
    origins = {mart.name: column_origins(mart) for mart in ALL_MARTS}

    assert origins["messages"]["text"] == [
        ("enriched_updates", "caption"),
        ("enriched_updates", "text"),
    ]
    assert origins["retention"]["cohort_week"] == [("user_activity", CONTEXT_DATE)]
