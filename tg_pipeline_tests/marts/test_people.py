"""The marts about people: active users and retention."""

from datetime import date, timedelta

from tg_pipeline.marts.cumulative import ACTIVE_USERS, RETENTION
from tg_pipeline_tests.marts.conftest import Marts
from tg_pipeline_tests.marts.updates import ANA, BIA, CAIO, HELPER_BOT, message, press

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
