"""The marts about people: active users and retention."""

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
from tg_pipeline_tests.marts.conftest import Marts
from tg_pipeline_tests.marts.updates import ANA, BIA, CAIO, HELPER_BOT, message, press

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


FIRST = date(2026, 10, 1)

SHOWN = "day daily_users weekly_users monthly_users stickiness"

Days = dict[int, set[int]]
"""The days, counted from the first, on which each user does something."""


def act(marts: Marts, days: Days) -> None:
    for number in sorted(set().union(*days.values())):
        day = FIRST + timedelta(days=number)
        users = (user for user, active in days.items() if number in active)
        marts.put(*(message(f"{day} 12:00", user, "oi", user) for user in users), day=day)


def test_every_day_from_the_first_active_one_to_the_last_has_a_row(marts: Marts) -> None:
    act(marts, {ANA: {0}, BIA: {0, 6}, CAIO: {29}})

    rows = marts.rows(ACTIVE_USERS, SHOWN)

    assert [row[0] for row in rows] == [FIRST + timedelta(days=number) for number in range(30)]
    assert [rows[number][1:] for number in (6, 7, 29)] == [
        (1, 2, 2, 0.5),
        (0, 1, 2, 0.0),
        (1, 1, 3, 1 / 3),
    ]


def test_bots_are_not_counted_and_pressing_a_button_is_an_action(marts: Marts) -> None:
    marts.put(message("2026-10-01 12:00", HELPER_BOT, "bip", 1), press(ANA, "sim"), day=FIRST)

    assert marts.rows(ACTIVE_USERS, "daily_users") == [(1,)]


def test_a_month_without_users_has_no_stickiness(marts: Marts) -> None:
    act(marts, {ANA: {0, 40}})

    rows = marts.rows(ACTIVE_USERS, SHOWN)

    assert rows[39] == (FIRST + timedelta(days=39), 0, 0, 0, None)
    assert rows[40] == (FIRST + timedelta(days=40), 1, 1, 1, 1.0)


def test_a_cohort_has_a_row_for_each_later_week(marts: Marts) -> None:
    # Given Ana and Bia in the week of 28 September, of whom Ana is back two weeks later
    act(marts, {ANA: {0, 13}, BIA: {1, 3}, CAIO: {4}})

    rows = marts.rows(RETENTION, "cohort_week cohort_size week_offset returned share")

    first, second = date(2026, 9, 28), date(2026, 10, 5)
    assert rows == [
        (first, 2, 0, 2, 1.0),
        (first, 2, 1, 0, 0.0),
        (first, 2, 2, 1, 0.5),
        (second, 1, 0, 1, 1.0),
        (second, 1, 1, 0, 0.0),
    ]


PLANS = st.dictionaries(
    st.integers(1, 5), st.sets(st.integers(0, 100), min_size=1, max_size=9), min_size=1
)

SCHEMA = pa.schema([("bot_id", pa.int64()), ("user_id", pa.int64()), ("is_bot", pa.bool_()), DAY])


@pytest.fixture
def engine(tmp_path: Path) -> Iterator["DuckDBPyConnection"]:
    with open_engine(tmp_path) as opened:
        yield opened


def rows(engine: "DuckDBPyConnection", mart: Mart, plan: Days) -> list[dict[str, Any]]:
    """Return a mart's rows if users act as planned."""
    acts = [
        {"bot_id": 7, "user_id": user, "is_bot": False, DAY.name: FIRST + timedelta(days=number)}
        for user, days in plan.items()
        for number in days
    ]
    engine.register("user_activity", pa.Table.from_pylist(acts, SCHEMA))
    return [row for batch in run_query(engine, mart, "UTC") for row in batch.to_pylist()]


def there(plan: Days, first: int, last: int) -> int:
    """Count the users who act from one day to another, both included."""
    window = set(range(first, last + 1))
    return sum(bool(days & window) for days in plan.values())


@settings(max_examples=15)
@given(PLANS)
def test_windows_count_each_active_user_once(engine: "DuckDBPyConnection", plan: Days) -> None:
    for row in rows(engine, ACTIVE_USERS, plan):
        number = (row["day"] - FIRST).days
        assert row["daily_users"] == there(plan, number, number)
        assert row["weekly_users"] == there(plan, number - 6, number)
        assert row["monthly_users"] == there(plan, number - 29, number)


@settings(max_examples=15)
@given(PLANS)
def test_each_user_is_in_one_cohort_and_returns_in_their_active_weeks(
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
