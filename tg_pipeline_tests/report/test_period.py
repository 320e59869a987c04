"""The days of a report, the days before, and how they are put on an axis."""

from datetime import date, timedelta

import pytest

from tg_pipeline.marts.report.language import EN
from tg_pipeline.marts.report.period import Period
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.time_axis import Grain, grain_of, grouped, labelled

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
SAY = Speech(EN)


def test_the_period_before_is_as_long_and_ends_the_day_before() -> None:
    assert OCTOBER.before() == Period(date(2026, 8, 31), date(2026, 9, 30))
    assert OCTOBER.before().days == OCTOBER.days == 31


def test_four_weeks_end_with_their_last_day() -> None:
    assert Period.up_to(date(2026, 11, 1)) == Period(date(2026, 10, 5), date(2026, 11, 1))


def test_a_period_can_begin_with_the_data() -> None:
    assert OCTOBER.since(date(2026, 10, 20)) == Period(date(2026, 10, 20), OCTOBER.last)
    assert OCTOBER.since(date(2026, 9, 20)) == OCTOBER
    assert OCTOBER.since(date(2026, 11, 1)) == OCTOBER, "there is nothing that it could begin with"


def test_weeks_begin_on_mondays_and_touch_the_period() -> None:
    weeks = OCTOBER.weeks()

    assert weeks[0] == date(2026, 9, 28)
    assert weeks[-1] == date(2026, 10, 26)
    assert [OCTOBER.is_whole_week(week) for week in weeks] == [False, True, True, True, False]


def test_a_single_day_is_in_one_week() -> None:
    assert Period(OCTOBER.first, OCTOBER.first).weeks() == [date(2026, 9, 28)]


@pytest.mark.parametrize(
    ("days", "grain"), [(1, Grain.DAY), (100, Grain.DAY), (101, Grain.WEEK), (701, Grain.MONTH)]
)
def test_long_periods_have_wider_bars(days: int, grain: Grain) -> None:
    assert grain_of(Period.up_to(OCTOBER.last, days)) is grain


def test_every_day_has_its_place_whether_anything_happened_or_not() -> None:
    groups = grouped([OCTOBER.last], lambda day: day, OCTOBER, SAY)

    assert len(groups) == 31
    assert [bucket.label for bucket, rows in groups if rows] == ["31 Oct"]


def test_a_year_is_grouped_by_weeks_that_name_their_year() -> None:
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    days = [year.first + timedelta(days=number) for number in range(365)]

    groups = grouped(days, lambda day: day, year, SAY)

    assert sum(len(rows) for _, rows in groups) == 365
    assert groups[0][0].label == "29 Dec 2025"
    assert len({bucket.label for bucket, _ in groups}) == len(groups)


def test_as_many_labels_are_written_as_fit_a_phone() -> None:
    assert labelled(["a", "b", "c"]) == ["a", "b", "c"]
    assert labelled([str(number) for number in range(28)]) == ["0", "5", "10", "15", "20", "25"]
    assert labelled([]) == []
