"""A saved query is valid in Athena, and gives the rows of its counterpart here."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlglot
from sqlglot import exp

from tg_pipeline.athena.saved_queries import (
    TRANSLATED_MARTS,
    SavedQuery,
    mart_query,
    original_query,
    saved_queries,
)
from tg_pipeline.athena.tables import ATHENA_TABLES
from tg_pipeline.marts.mart import Mart, MartParameters
from tg_pipeline.query.session import open_session
from tg_pipeline.query.tables import TELEGRAM
from tg_pipeline_tests.athena import landed_counts as counted
from tg_pipeline_tests.athena.conftest import TIMEZONE, BuiltLake, to_duckdb
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.marts.reference.happenings import ZONE

PARAMETERS = MartParameters(TIMEZONE)
QUERIES = saved_queries(PARAMETERS)

AT_TIMEZONE = (
    "CREATE OR REPLACE TEMP MACRO at_timezone(instant, zone) AS instant AT TIME ZONE zone;"
)
"""A function of Athena that is an operator in DuckDB."""

ATHENA_FUNCTIONS = frozenset(
    """
    at_timezone avg bool_and bool_or cast coalesce concat count date_diff date_trunc day_of_week
    from_unixtime hour json_extract_scalar lag lead least length max min nullif replace round
    sequence sum unnest week year_of_week
    """.split()
)
"""https://trino.io/docs/current/functions/list.html, of which Athena has these."""

NOT_FUNCTIONS = frozenset("and as exists filter from in on or over then using when where".split())
"""Keywords that may be followed by a parenthesis."""

Count = Callable[[list[counted.Message], ZoneInfo], counted.Counts]

each_query = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)


@each_query
def test_a_query_reads_tables_of_athena(query: SavedQuery) -> None:
    parsed = sqlglot.parse_one(query.sql, read="athena")
    made_on_the_way = {each.alias for each in parsed.find_all(exp.CTE)}

    asked = {table.name for table in parsed.find_all(exp.Table)} - made_on_the_way

    assert asked
    assert asked <= {table.name for table in ATHENA_TABLES}


@each_query
def test_a_query_calls_functions_of_athena(query: SavedQuery) -> None:
    code = re.sub(r"--.*|/\*.*?\*/|'[^']*'", "", query.sql)

    called = {name.lower() for name in re.findall(r"\b([A-Za-z_]+) ?\(", code)}
    aliases = set(re.findall(r"\bAS (\w+) ?\(", code))

    assert called - NOT_FUNCTIONS - aliases <= ATHENA_FUNCTIONS


@each_query
def test_a_query_has_no_parameters(query: SavedQuery) -> None:
    parsed = sqlglot.parse_one(query.sql, read="athena")

    assert not list(parsed.find_all(exp.Parameter, exp.Placeholder))
    assert "timezone" not in re.sub(r"(?i)at_timezone\(", "", query.sql)
    assert 0 < len(query.description) <= 1024, "the limit of Athena"


@pytest.mark.parametrize("mart", TRANSLATED_MARTS, ids=lambda mart: mart.name)
def test_the_query_of_a_mart_returns_the_rows_of_the_mart(sample: BuiltLake, mart: Mart) -> None:
    rows = sample.rows(AT_TIMEZONE + to_duckdb(mart_query(mart, PARAMETERS).sql))

    assert sorted(rows, key=repr) == sorted(sample.rows(f"FROM {mart.name}"), key=repr)
    assert rows


def answers(lake: BuiltLake, name: str) -> list[tuple[Any, ...]]:
    return lake.rows(to_duckdb(original_query(name, TIMEZONE).sql))


@pytest.mark.parametrize(
    ("name", "count", "columns"),
    [
        ("messages_per_day", counted.per_day, [0, 1]),
        ("messages_per_user_per_day", counted.per_user_per_day, [0, 1, 3]),
        ("text_length_per_user_per_day", counted.text_length_per_user_per_day, [0, 1, 3]),
        ("messages_per_hour_weekday_week", counted.per_hour_weekday_week, [0, 1, 2, 3, 4]),
    ],
)
def test_an_original_query_returns_what_a_plain_count_of_the_written_messages_does(
    sample: BuiltLake, name: str, count: Count, columns: list[int]
) -> None:
    rows = [tuple(row[column] for column in columns) for row in answers(sample, name)]

    messages = counted.written_messages(sample.pipeline.folder / "landing")
    expected = count(messages, ZONE)
    assert len(rows) > 1
    assert Counter(rows) == Counter((*key, number) for key, number in expected.items())


def test_hours_are_local_in_summer_time_too(pipeline: Pipeline) -> None:
    # Given a message of 06:00:10 UTC, in a year in which São Paulo had summer time
    day = date(2017, 10, 24)
    message = {"message_id": 1, "date": 1_508_824_810, "chat": {"id": 5}, "text": "oi"}
    pipeline.land({"update_id": 1, "message": message}, day=day)
    pipeline.build(day)

    # When it is counted by hour, weekday and week
    with open_session(pipeline.lake, TIMEZONE, [TELEGRAM]) as session:
        rows = answers(BuiltLake(pipeline, session), "messages_per_hour_weekday_week")

    # Then it was sent at four o'clock, not at three, on the Tuesday of week 43
    assert rows == [(2017, 43, 2, 4, 1)]


def test_the_configured_time_zone_replaces_the_original_one() -> None:
    query = original_query("messages_per_hour_weekday_week", "Asia/Kolkata")

    assert "Asia/Kolkata" in query.sql
    assert "Sao_Paulo" not in query.sql
