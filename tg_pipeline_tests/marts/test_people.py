"""Who is active, and who comes back."""

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


def test_trailing_windows_hold_7_and_30_days(marts: Marts) -> None:
    act(marts, {ANA: {0}, BIA: {0, 6}, CAIO: {29, 36}})

    rows = {row[0]: row[1:] for row in marts.rows(ACTIVE_USERS, SHOWN)}

    assert len(rows) == 37, "every day from the first to the last"
    assert rows[FIRST] == (2, 2, 2, 1.0)
    assert rows[FIRST + timedelta(days=6)] == (1, 2, 2, 0.5)
    assert rows[FIRST + timedelta(days=7)] == (0, 1, 2, 0.0)
    assert rows[FIRST + timedelta(days=13)] == (0, 0, 2, 0.0)
    assert rows[FIRST + timedelta(days=29)] == (1, 1, 3, 1 / 3)
    assert rows[FIRST + timedelta(days=30)] == (0, 1, 2, 0.0)
    assert rows[FIRST + timedelta(days=36)] == (1, 1, 1, 1.0)


def test_bots_are_no_people_and_a_press_is_an_action(marts: Marts) -> None:
    marts.put(message("2026-10-01 12:00", HELPER_BOT, "bip", 1), press(ANA, "sim"), day=FIRST)

    assert marts.rows(ACTIVE_USERS, "daily_users") == [(1,)]


def test_a_month_in_which_nobody_comes_has_no_stickiness(marts: Marts) -> None:
    act(marts, {ANA: {0, 40}})

    rows = marts.rows(ACTIVE_USERS, SHOWN)

    assert rows[39] == (FIRST + timedelta(days=39), 0, 0, 0, None)
    assert rows[40] == (FIRST + timedelta(days=40), 1, 1, 1, 1.0)


def test_a_cohort_is_a_first_week_and_each_later_week_says_who_is_back(marts: Marts) -> None:
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


def test_weeks_count_on_over_the_turn_of_the_year(marts: Marts) -> None:
    for day in (date(2026, 12, 31), date(2027, 1, 4)):
        marts.put(message(f"{day} 12:00", ANA, "oi", 1), day=day)

    rows = marts.rows(RETENTION, "cohort_week week_offset returned")

    assert rows == [(date(2026, 12, 28), 0, 1), (date(2026, 12, 28), 1, 1)]
