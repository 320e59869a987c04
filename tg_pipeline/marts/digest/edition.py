"""What a digest is about: a day, or an ISO week, that has ended."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from tg_pipeline.marts.report.period import Period


class Kind(Enum):
    """How often there is a digest."""

    DAY = "day"
    WEEK = "week"
    """Monday to Sunday."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A digest among those of its kind."""

    kind: Kind
    period: Period

    @classmethod
    def of(cls, kind: Kind, day: date) -> "Edition":
        """Give the digest that a day belongs to."""
        if kind is Kind.DAY:
            return cls(kind, Period(day, day))
        monday = day - timedelta(days=day.weekday())
        return cls(kind, Period(monday, monday + timedelta(days=6)))

    @classmethod
    def last_ended(cls, kind: Kind, today: date) -> "Edition":
        """Give the newest digest that `today` is no longer part of."""
        return cls.of(kind, today).before()

    def before(self) -> "Edition":
        """Give the digest of the day, or week, before."""
        return Edition.of(self.kind, self.period.first - timedelta(days=1))

    @property
    def name(self) -> str:
        """Give what tells it from all others: 2026-10-07, or 2026-W41."""
        if self.kind is Kind.DAY:
            return self.period.first.isoformat()
        year, week, _ = self.period.first.isocalendar()
        return f"{year}-W{week:02d}"

    @property
    def week(self) -> int:
        """Give the number of its ISO week."""
        return self.period.first.isocalendar().week
