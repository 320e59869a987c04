"""Whoever comes and goes when they like: the windows and cohorts count them all, and once."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.marts.cumulative import ACTIVE_USERS, RETENTION
from tg_pipeline.marts.duckdb_engine import DAY, open_engine, run_query
from tg_pipeline.marts.mart import Mart

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FIRST = date(2026, 10, 1)
Days = dict[int, set[int]]
"""The days, counted from the first, on which each user does something."""

PLANS = st.dictionaries(
    st.integers(1, 5), st.sets(st.integers(0, 100), min_size=1, max_size=9), min_size=1
)

SCHEMA = pa.schema([("bot_id", pa.int64()), ("user_id", pa.int64()), ("is_bot", pa.bool_()), DAY])


@pytest.fixture
def engine(tmp_path: Path) -> Iterator["DuckDBPyConnection"]:
    with open_engine(tmp_path) as opened:
        yield opened


def rows(engine: "DuckDBPyConnection", mart: Mart, plan: Days) -> list[dict[str, Any]]:
    """Give a mart's rows where people act as planned."""
    acts = [
        {"bot_id": 7, "user_id": user, "is_bot": False, DAY.name: FIRST + timedelta(days=number)}
        for user, days in plan.items()
        for number in days
    ]
    engine.register("user_activity", pa.Table.from_pylist(acts, SCHEMA))
    return [row for batch in run_query(engine, mart, "UTC") for row in batch.to_pylist()]


def there(plan: Days, first: int, last: int) -> int:
    """Count those who act from one day to another, both included."""
    window = set(range(first, last + 1))
    return sum(bool(days & window) for days in plan.values())


@settings(max_examples=40)
@given(PLANS)
def test_a_window_counts_whoever_was_there_in_it(engine: "DuckDBPyConnection", plan: Days) -> None:
    for row in rows(engine, ACTIVE_USERS, plan):
        number = (row["day"] - FIRST).days
        assert row["daily_users"] == there(plan, number, number)
        assert row["weekly_users"] == there(plan, number - 6, number)
        assert row["monthly_users"] == there(plan, number - 29, number)


@settings(max_examples=40)
@given(PLANS)
def test_everybody_is_in_one_cohort_and_comes_back_when_they_do(
    engine: "DuckDBPyConnection", plan: Days
) -> None:
    weeks = {user: {monday(day) for day in days} for user, days in plan.items()}

    found = rows(engine, RETENTION, plan)

    sizes = {row["cohort_week"]: row["cohort_size"] for row in found}
    assert sum(sizes.values()) == len(plan)
    for row in found:
        cohort = [own for own in weeks.values() if min(own) == row["cohort_week"]]
        week = row["cohort_week"] + timedelta(weeks=row["week_offset"])
        assert row["cohort_size"] == len(cohort)
        assert row["returned"] == sum(week in own for own in cohort)


def monday(number: int) -> date:
    day = FIRST + timedelta(days=number)
    return day - timedelta(days=day.weekday())
