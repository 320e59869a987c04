"""The days that a report is about, and those before that it compares them with."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from lambda_ingest.landing import TELEGRAM_LAUNCH

DEFAULT_DAYS: Final = 28
"""Four whole weeks: every weekday counts as often in a period as in the one before."""

EARLIEST: Final = TELEGRAM_LAUNCH
LATEST: Final = date(2099, 12, 31)
"""No report is about other days: who types one has slipped."""


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from `first` to `last`, both included."""

    first: date
    last: date

    @classmethod
    def up_to(cls, last: date, days: int = DEFAULT_DAYS) -> "Period":
        """Give the `days` days that end with `last`."""
        return cls(last - timedelta(days=days - 1), last)

    @property
    def days(self) -> int:
        """Give how many days there are."""
        return (self.last - self.first).days + 1

    def before(self) -> "Period":
        """Give the period of the same length that ends where this one begins."""
        return Period.up_to(self.first - timedelta(days=1), self.days)

    def since(self, day: date) -> "Period":
        """Give what of it lies behind the beginning of a day; all of it where nothing does."""
        return self if day > self.last else replace(self, first=max(self.first, day))

    def weeks(self) -> list[date]:
        """Give the Monday of each week that has a day of the period, ascending."""
        monday = self.first - timedelta(days=self.first.weekday())
        count = ((self.last - monday).days) // 7 + 1
        return [monday + timedelta(weeks=week) for week in range(count)]

    def is_whole_week(self, monday: date) -> bool:
        """Say whether all of a week lies within the period."""
        return self.first <= monday and monday + timedelta(days=6) <= self.last

    def __contains__(self, day: date) -> bool:
        """Say whether a day is one of the period."""
        return self.first <= day <= self.last


def is_in_reach(day: date) -> bool:
    """Say whether a report can be about a day."""
    return EARLIEST <= day <= LATEST
