"""Periods of reports and digests, and the grain of their time axes."""

from datetime import date

import pytest

from tg_pipeline.report.models import (
    DigestKind,
    DigestPeriod,
    Grain,
    Health,
    Period,
    ReportData,
    bar_grain,
    bucket_end,
    bucket_of,
)

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
SUNDAY, MONDAY = date(2026, 10, 11), date(2026, 10, 12)


def test_previous_period_has_the_same_length_and_ends_the_day_before() -> None:
    assert OCTOBER.previous() == Period(date(2026, 8, 31), date(2026, 9, 30))
    for kind in DigestKind:
        assert DigestPeriod.of(kind, MONDAY).previous() == DigestPeriod.of(kind, SUNDAY)


def test_default_period_is_four_weeks_up_to_its_last_day() -> None:
    assert Period.ending(date(2026, 11, 1)) == Period(date(2026, 10, 5), date(2026, 11, 1))


def test_period_is_clipped_to_the_start_of_the_data() -> None:
    assert OCTOBER.clip_start(date(2026, 10, 20)) == Period(date(2026, 10, 20), OCTOBER.last)
    assert OCTOBER.clip_start(date(2026, 9, 20)) == OCTOBER
    assert OCTOBER.clip_start(date(2026, 11, 1)) == OCTOBER, "no day would be left"


def test_weeks_start_on_mondays_and_cover_the_period() -> None:
    weeks = OCTOBER.weeks()

    assert (weeks[0], weeks[-1]) == (date(2026, 9, 28), date(2026, 10, 26))
    assert Period(OCTOBER.first, OCTOBER.first).weeks() == [date(2026, 9, 28)]


def test_a_week_is_complete_if_all_its_days_are_in_the_period_and_over() -> None:
    data = ReportData(OCTOBER, "UTC", Health(), today=date(2026, 10, 24))

    whole = [data.is_whole_week(week) for week in OCTOBER.weeks()]

    assert whole == [False, True, True, False, False]
    assert not ReportData(OCTOBER, "UTC", Health(), today=SUNDAY).is_complete(SUNDAY, SUNDAY)


@pytest.mark.parametrize(
    ("days", "grain"), [(1, Grain.DAY), (100, Grain.DAY), (101, Grain.WEEK), (701, Grain.MONTH)]
)
def test_long_periods_have_coarser_bars(days: int, grain: Grain) -> None:
    assert bar_grain(Period.ending(OCTOBER.last, days)) is grain


def test_bucket_is_the_first_day_of_its_grain() -> None:
    firsts = [bucket_of(SUNDAY, grain) for grain in (Grain.DAY, Grain.WEEK, Grain.MONTH)]

    assert firsts == [SUNDAY, date(2026, 10, 5), OCTOBER.first]
    ends = [bucket_end(first, grain) for first, grain in zip(firsts, Grain, strict=True)]
    assert ends == [SUNDAY, SUNDAY, OCTOBER.last]


@pytest.mark.parametrize(
    ("today", "name", "first"),
    [
        (MONDAY, "2026-W41", date(2026, 10, 5)),
        (date(2026, 10, 18), "2026-W41", date(2026, 10, 5)),
        (SUNDAY, "2026-W40", date(2026, 9, 28)),
        (date(2027, 1, 4), "2026-W53", date(2026, 12, 28)),
        (date(2027, 1, 11), "2027-W01", date(2027, 1, 4)),
    ],
)
def test_last_ended_week_is_the_iso_week_before_today(today: date, name: str, first: date) -> None:
    period = DigestPeriod.last_ended(DigestKind.WEEK, today)

    assert (period.name, period.period.first, period.period.days) == (name, first, 7)
