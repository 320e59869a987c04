"""Days on the axis of a chart: grouped where there are many, and labelled where there is room."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Final, TypeVar

from tg_pipeline.marts.report.period import Period
from tg_pipeline.marts.report.speech import Speech

MOST_DAYS: Final = 100
"""Bars of a day each that are still told from each other on a phone."""

MOST_WEEKS: Final = 700
"""Days, likewise, of which a week is a bar."""

DAYS_WITHOUT_YEAR: Final = 330
"""In a longer period a day and month may come twice."""

LABELS: Final = 6
"""Days that have room on the axis of a chart on a phone."""

Row = TypeVar("Row")


class Grain(Enum):
    """What a bar of a chart stands for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bar's place on the axis: its first day, and how it is written there."""

    first: date
    label: str


def grain_of(period: Period) -> Grain:
    """Give what a bar stands for in a period, so that its bars can be told from each other."""
    if period.days <= MOST_DAYS:
        return Grain.DAY
    return Grain.WEEK if period.days <= MOST_WEEKS else Grain.MONTH


def bucket_of(day: date, grain: Grain) -> date:
    """Give the first day of the week or month of a day, or the day itself."""
    if grain is Grain.DAY:
        return day
    return day.replace(day=1) if grain is Grain.MONTH else day - timedelta(days=day.weekday())


def grouped(
    rows: Iterable[Row], day_of: Callable[[Row], date], period: Period, say: Speech
) -> list[tuple[Bucket, list[Row]]]:
    """Give the rows of each bar of a period, in order; bars that have none included."""
    grain = grain_of(period)
    of: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        of[bucket_of(day_of(row), grain)].append(row)
    firsts = dict.fromkeys(bucket_of(day, grain) for day in _days(period))
    return [(Bucket(first, day_label(first, period, say)), of[first]) for first in firsts]


def labelled(labels: list[str]) -> list[str]:
    """Give those labels that are written on the axis."""
    step = -(-len(labels) // LABELS) or 1
    return labels[::step]


def _days(period: Period) -> Iterable[date]:
    return (period.first + timedelta(days=number) for number in range(period.days))


def day_label(day: date, period: Period, say: Speech) -> str:
    """Write a day so that no other day of the period is written alike."""
    return say.short_day(day) if period.days <= DAYS_WITHOUT_YEAR else say.full_date(day)
