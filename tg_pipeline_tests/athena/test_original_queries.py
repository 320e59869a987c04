"""The original's four queries give the numbers that counting the landed updates gives."""

from datetime import date
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from tg_pipeline.athena.saved_queries import ORIGINALS, original, to_duckdb
from tg_pipeline.query.session import TELEGRAM, open_session
from tg_pipeline_tests.athena import landed_counts as counted
from tg_pipeline_tests.athena.conftest import TIMEZONE, ZONE, BuiltLake
from tg_pipeline_tests.conftest import Pipeline


@pytest.fixture
def messages(lake: BuiltLake) -> list[dict[str, Any]]:
    return counted.landed_messages(lake.pipeline.folder / "landing")


def answers(lake: BuiltLake, name: str) -> list[tuple[Any, ...]]:
    """Give the rows of an original query, run as DuckDB's."""
    return lake.rows(to_duckdb(original(name, TIMEZONE).sql))


def test_messages_per_day(lake: BuiltLake, messages: list[dict[str, Any]]) -> None:
    rows = answers(lake, "messages_per_day")

    assert {(day,): number for day, number in rows} == counted.per_day(messages, ZONE)
    assert len(rows) > 1
    assert rows == sorted(rows)


def test_messages_per_user_per_day(lake: BuiltLake, messages: list[dict[str, Any]]) -> None:
    rows = answers(lake, "messages_per_user_per_day")

    assert {(day, user): number for day, user, _, number in rows} == (
        counted.per_user_per_day(messages, ZONE)
    )
    assert len(rows) == len({row[:2] for row in rows})


def test_average_length_of_a_text_per_user_per_day(
    lake: BuiltLake, messages: list[dict[str, Any]]
) -> None:
    rows = answers(lake, "text_length_per_user_per_day")

    assert {(day, user): length for day, user, _, length in rows} == (
        counted.text_length_per_user_per_day(messages, ZONE)
    )


def test_messages_per_hour_weekday_and_week(
    lake: BuiltLake, messages: list[dict[str, Any]]
) -> None:
    rows = answers(lake, "messages_per_hour_weekday_week")

    assert {(year, week, weekday, hour): number for year, week, weekday, hour, number in rows} == (
        counted.per_hour_weekday_week(messages, ZONE)
    )


def test_an_hour_is_that_of_the_clocks_in_summer_too(pipeline: Pipeline) -> None:
    # Given a message of 06:00:10 UTC, in a year in which São Paulo had summer time
    day = date(2017, 10, 24)
    message = {"message_id": 1, "date": 1_508_824_810, "chat": {"id": 5}}
    pipeline.land({"update_id": 1, "message": message}, day=day)
    pipeline.build(day)

    # When it is asked for by hour, weekday and week
    with open_session(pipeline.lake, TIMEZONE, [TELEGRAM]) as session:
        rows = answers(BuiltLake(pipeline, session), "messages_per_hour_weekday_week")

    # Then it was sent at four o'clock, not at three, on the Tuesday of week 43
    assert rows == [(2017, 43, 2, 4, 1)]


def test_another_zone_takes_the_place_of_the_original_s() -> None:
    query = original("messages_per_hour_weekday_week", "Asia/Kolkata")

    assert "Asia/Kolkata" in query.sql
    assert "Sao_Paulo" not in query.sql


@pytest.mark.parametrize("name", ORIGINALS)
def test_an_original_asks_the_table_telegram_and_says_what_it_gives(name: str) -> None:
    query = original(name, TIMEZONE)

    tables = sqlglot.parse_one(query.sql, read="athena").find_all(exp.Table)
    assert {table.name for table in tables} <= {"telegram", "sent"}
    assert query.description.endswith(".")
