"""A digest is about a day or an ISO week, by a name of its own."""

from datetime import date

import pytest

from tg_pipeline.marts.digest.edition import Edition, Kind
from tg_pipeline.marts.report.period import Period

SUNDAY, MONDAY = date(2026, 10, 11), date(2026, 10, 12)


def test_the_last_day_is_yesterday() -> None:
    edition = Edition.last_ended(Kind.DAY, MONDAY)

    assert (edition.period, edition.name) == (Period(SUNDAY, SUNDAY), "2026-10-11")


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
def test_the_last_week_is_the_one_that_ended_on_a_sunday(
    today: date, name: str, first: date
) -> None:
    edition = Edition.last_ended(Kind.WEEK, today)

    assert (edition.name, edition.period.first, edition.period.days) == (name, first, 7)
    assert edition.period.last.isoweekday() == 7


def test_a_week_is_named_by_any_of_its_days() -> None:
    editions = {Edition.of(Kind.WEEK, date(2026, 10, day)) for day in range(5, 12)}

    assert len(editions) == 1


def test_the_one_before_ends_where_this_one_begins() -> None:
    assert Edition.of(Kind.DAY, MONDAY).before() == Edition.of(Kind.DAY, SUNDAY)
    assert Edition.of(Kind.WEEK, MONDAY).before() == Edition.of(Kind.WEEK, SUNDAY)
