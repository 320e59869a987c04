"""A saved query is Athena's SQL, and means what its counterpart here means."""

import re

import pytest
import sqlglot
from sqlglot import exp

from tg_pipeline.athena.saved_queries import MARTS, SavedQuery, of_mart, saved_queries, to_duckdb
from tg_pipeline.athena.tables import ATHENA_TABLES
from tg_pipeline.marts.mart import Mart
from tg_pipeline_tests.athena.conftest import TIMEZONE, BuiltLake

QUERIES = saved_queries(TIMEZONE)

AT_TIMEZONE = (
    "CREATE OR REPLACE TEMP MACRO at_timezone(instant, zone) AS instant AT TIME ZONE zone;"
)
"""A function of Athena's that DuckDB has as an operator only."""

ATHENA_FUNCTIONS = frozenset(
    """
    at_timezone avg bool_or cast coalesce count date_diff date_trunc day_of_week from_unixtime
    hour lead least length max min nullif round sequence sum unnest week year_of_week
    """.split()
)
"""https://trino.io/docs/current/functions/list.html, of which Athena has these."""

NOT_FUNCTIONS = frozenset("and as filter from in on or over then using when where".split())
"""Words that stand before a parenthesis."""

each_query = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)


def test_names_are_unique() -> None:
    assert len({query.name for query in QUERIES}) == len(QUERIES) == 4 + len(MARTS)


@each_query
def test_a_query_asks_tables_that_athena_has(query: SavedQuery) -> None:
    parsed = sqlglot.parse_one(query.sql, read="athena")
    made_on_the_way = {each.alias for each in parsed.find_all(exp.CTE)}

    asked = {table.name for table in parsed.find_all(exp.Table)} - made_on_the_way

    assert asked
    assert asked <= {table.name for table in ATHENA_TABLES}


@each_query
def test_a_query_calls_functions_that_athena_has(query: SavedQuery) -> None:
    code = re.sub(r"--.*|/\*.*?\*/|'[^']*'", "", query.sql)

    called = {name.lower() for name in re.findall(r"\b([A-Za-z_]+) ?\(", code)}
    aliases = set(re.findall(r"\bAS (\w+) ?\(", code))

    assert called - NOT_FUNCTIONS - aliases <= ATHENA_FUNCTIONS


@each_query
def test_a_query_has_nothing_left_to_fill_in(query: SavedQuery) -> None:
    parsed = sqlglot.parse_one(query.sql, read="athena")

    assert not list(parsed.find_all(exp.Parameter, exp.Placeholder))
    assert "timezone" not in re.sub(r"(?i)at_timezone\(", "", query.sql)
    assert 0 < len(query.description) <= 1024, "as long as Athena keeps"


@pytest.mark.parametrize("mart", MARTS, ids=lambda mart: mart.name)
def test_the_query_of_a_mart_gives_the_rows_of_the_mart(sample: BuiltLake, mart: Mart) -> None:
    rows = sample.rows(AT_TIMEZONE + to_duckdb(of_mart(mart, TIMEZONE).sql))

    assert sorted(rows, key=repr) == sorted(sample.rows(f"FROM {mart.name}"), key=repr)
    assert rows
