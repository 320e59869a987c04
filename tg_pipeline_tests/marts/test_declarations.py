"""A mart's declaration, its query, its object in the lake and its page in docs say the same."""

from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from tg_pipeline.docs_pages import marts_page
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.lineage import CONTEXT_DATE, column_origins
from tg_pipeline.marts.mart import Mart, is_daily
from tg_pipeline.telegram.models import MESSAGE_TYPES
from tg_pipeline_tests.marts.conftest import DAY, Marts
from tg_pipeline_tests.marts.updates import ANA, BIA, command, edit, message, reaction

CHECKOUT = Path(__file__).parents[2]


def stored(marts: Marts, mart: Mart) -> int:
    """Build a mart, see that its object has the declared schema, and count its rows."""
    marts.build(mart)
    with marts.lake.open(mart.name, DAY if mart.is_daily else None) as partition:
        assert partition.exists
        for batch in partition.batches():
            assert batch.schema.equals(mart.schema)
            for stored, declared in zip(batch.schema, mart.schema, strict=True):
                assert stored.metadata[b"description"] == declared.metadata[b"description"]
        return partition.rows


def test_the_result_of_the_query_has_the_declared_columns(marts: Marts, mart: Mart) -> None:
    asked = message("2026-10-07 09:00", ANA, "como faço?", 1)
    marts.put(
        asked,
        edit(asked, "2026-10-07 09:01", "como faço isso?"),
        message("2026-10-07 09:02", BIA, "assim", 2, reply_to=1),
        command("2026-10-07 09:03", ANA, "/ajuda", 3),
        reaction("2026-10-07 09:04", ANA, "", "👍"),
        message("2026-10-07 09:05", BIA, None, 4, new_chat_members=[{"id": BIA}]),
    )

    assert stored(marts, mart) > 0


def test_an_empty_lake_has_empty_marts(marts: Marts, mart: Mart) -> None:
    assert stored(marts, mart) == 0


def test_a_day_without_messages_has_empty_marts(marts: Marts, mart: Mart) -> None:
    marts.put()

    assert stored(marts, mart) == 0


def test_every_mart_and_column_says_what_it_is(mart: Mart) -> None:
    for text in (mart.answers, mart.limitations, *(c.description for c in mart.columns.values())):
        assert text.endswith((".", "…"))
        assert "|" not in text, "it stands in a table of Markdown"


def test_every_query_belongs_to_a_mart_and_every_mart_has_one() -> None:
    written = {path.stem for path in (CHECKOUT / "tg_pipeline" / "marts" / "sql").glob("*.sql")}

    assert written == {mart.name for mart in ALL_MARTS}


def test_every_mart_stands_behind_its_sources() -> None:
    seen: set[str] = set()
    for mart in ALL_MARTS:
        assert {source.name for source in mart.sources if isinstance(source, Mart)} <= seen
        seen.add(mart.name)


def test_a_query_reads_the_declared_sources(mart: Mart) -> None:
    query = sqlglot.parse_one(mart.sql, read="duckdb")
    own = {each.alias for each in query.find_all(exp.CTE)}

    assert {table.name for table in query.find_all(exp.Table)} - own == {
        source.name for source in mart.sources
    }


def test_a_query_can_be_told_to_athena(mart: Mart) -> None:
    for dialect in ("trino", "athena"):
        (told,) = sqlglot.transpile(mart.sql, "duckdb", dialect)
        assert columns(told, dialect) == columns(mart.sql, "duckdb")


def columns(query: str, dialect: str) -> list[str]:
    parsed = sqlglot.parse_one(query, read=dialect)
    assert isinstance(parsed, exp.Query)
    return list(parsed.named_selects)


def test_a_query_means_the_same_types_of_update_as_the_anatomy(mart: Mart) -> None:
    query = sqlglot.parse_one(mart.sql, read="duckdb")
    sent = {name for name in MESSAGE_TYPES if not name.startswith("edited_")}

    for condition in query.find_all(exp.In):
        named = {each.name for each in condition.expressions}
        if condition.this.name == "update_type" and "message" in named:
            assert named in (sent, MESSAGE_TYPES)


def test_no_query_asks_the_clock_or_trusts_chance(mart: Mart) -> None:
    for word in ("now(", "current_date", "current_timestamp", "random(", "any_value("):
        assert word not in mart.sql.lower()


def test_the_origins_of_a_column_exist(mart: Mart) -> None:
    known = {source.name: {*source.schema.names, CONTEXT_DATE} for source in mart.sources}
    for name, origins in column_origins(mart).items():
        assert name in mart.columns
        assert all(column in known[table] for table, column in origins)


def test_a_column_knows_what_it_is_made_of() -> None:
    origins = {mart.name: column_origins(mart) for mart in ALL_MARTS}

    assert origins["messages"]["text"] == [
        ("enriched_updates", "caption"),
        ("enriched_updates", "text"),
    ]
    assert origins["retention"]["cohort_week"] == [("user_activity", CONTEXT_DATE)]


@pytest.mark.parametrize("mart", ALL_MARTS, ids=lambda mart: mart.name)
def test_only_what_is_made_by_day_is_made_of_days_alone(mart: Mart) -> None:
    if mart.is_daily:
        assert all(is_daily(source) for source in mart.sources)


def test_the_page_in_docs_is_the_declarations() -> None:
    assert (CHECKOUT / "docs" / "marts.md").read_text() == marts_page(), "run: make docs"
