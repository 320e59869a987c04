"""Numbers, days and spans of time as people of a language write them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from markupsafe import Markup, escape

from tg_pipeline.marts.report.language import Language
from tg_pipeline.marts.report.period import Period

MINUTE, HOUR, DAY = 60, 3_600, 86_400
"""Seconds."""

FEW_PERCENT: Final = 0.01
"""Below one in a hundred a percentage needs a decimal to say anything."""

MINUS: Final = "\N{MINUS SIGN}"
NO_BREAK: Final = "\N{NO-BREAK SPACE}"


class Noun(NamedTuple):
    """A word that is counted: one of it, and several."""

    one: str
    many: str


@dataclass(frozen=True, slots=True)
class Speech:
    """Writes in one language."""

    language: Language

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number with `digits` decimals."""
        plain = f"{abs(value):,.{digits}f}"
        marks = str.maketrans({",": self.language.thousands, ".": self.language.decimal})
        is_negative = value < 0 and any(digit in plain for digit in "123456789")
        return (MINUS if is_negative else "") + plain.translate(marks)

    def signed(self, value: int) -> str:
        """Write a number with its sign: what came on top, or went."""
        return f"+{self.number(value)}" if value > 0 else self.number(value)

    def percent(self, share: float) -> str:
        """Write a share of one as a percentage."""
        digits = 1 if 0 < abs(share) < FEW_PERCENT else 0
        return f"{self.number(100 * share, digits)}%"

    def count(self, value: int, noun: Noun) -> str:
        """Write how many there are of something."""
        return f"{self.number(value)}{NO_BREAK}{noun.one if value == 1 else noun.many}"

    def day(self, day: date) -> str:
        """Write a day of the year, with its weekday: Tue 13 Oct."""
        return self.language.day.format(
            weekday=self.language.weekdays[day.weekday()], day=day.day, month=self._month(day)
        )

    def short_day(self, day: date) -> str:
        """Write a day of the year: 13 Oct."""
        return f"{day.day} {self._month(day)}"

    def full_date(self, day: date) -> str:
        """Write a date: 13 Oct 2026."""
        return self.language.date.format(day=day.day, month=self._month(day), year=day.year)

    def span(self, period: Period) -> str:
        """Write from when to when: 1–28 Oct 2026."""
        first, last = period.first, period.last
        if first == last:
            return self.full_date(last)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}–{self.full_date(last)}"
        begin = self.short_day(first) if first.year == last.year else self.full_date(first)
        return f"{begin} – {self.full_date(last)}"

    def between(self, label: str, period: Period) -> str:
        """Fill a label with the first and the last date of a period."""
        return label.format(first=self.full_date(period.first), last=self.full_date(period.last))

    def moment(self, local: datetime) -> str:
        """Write an instant as the clocks of its zone show it: 13 Oct 2026, 20:15."""
        return f"{self.full_date(local.date())}, {local:%H:%M}"

    def hours(self, first: int, last: int | None = None) -> str:
        """Write from which hour of the day to the end of which: 20–21 h."""
        return f"{first}–{(first if last is None else last) + 1}{NO_BREAK}h"

    def duration(self, seconds: float) -> str:
        """Write a span of time in its two largest units."""
        whole = round(seconds)
        if whole < MINUTE:
            return f"{whole}{NO_BREAK}s"
        if whole < HOUR:
            return _two(whole // MINUTE, "min", whole % MINUTE, "s")
        if whole < DAY:
            return _two(whole // HOUR, "h", whole % HOUR // MINUTE, "min")
        return self.count(whole // DAY, Noun(*self.language.days))

    def sentence(self, template: str, **values: object) -> Markup:
        """Fill a sentence; what comes from users is escaped and set apart."""
        return Markup(escape(template)).format(**values)  # noqa: S704 - escaped right here

    def _month(self, day: date) -> str:
        return self.language.months[day.month - 1]


def _two(large: int, unit: str, small: int, smaller_unit: str) -> str:
    rest = f" {small}{NO_BREAK}{smaller_unit}" if small else ""
    return f"{large}{NO_BREAK}{unit}{rest}"
