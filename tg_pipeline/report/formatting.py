"""Numbers, dates and durations as text in one language, by Babel."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from markupsafe import Markup, escape

from tg_pipeline.report.messages import Plural, load_messages

if TYPE_CHECKING:
    # The models take 0.04 s to import, which a command that only prints a few lines saves.
    from tg_pipeline.report.models import Period
    from tg_pipeline.report.shares import Share

MINUTE, HOUR, DAY = 60, 3_600, 86_400
"""Seconds."""

NO_VALUE: Final = "–"
"""A figure that can't be calculated."""

SMALL_SHARE: Final = 0.01
"""Below one percent, a percentage needs a decimal."""

MINUS: Final = "\N{MINUS SIGN}"
NO_BREAK: Final = "\N{NO-BREAK SPACE}"

DATE: Final = "yMMMd"
WEEKDAY_DATE: Final = "MMMEd"
WEEKDAY_DATE_YEAR: Final = "yMMMEd"
"""CLDR skeletons. https://cldr.unicode.org/translation/date-time/date-time-patterns."""


class Formatter:
    """Formats values in one language; `messages` has its texts."""

    def __init__(self, language: str) -> None:
        """Load a language of LANGUAGES."""
        self.messages: Final = load_messages(language)
        self.locale: Final = Locale.parse(self.messages.locale, sep="-")

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with `digits` decimals."""
        pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
        # Rounded first, so that a small negative number is not "-0".
        return self._decimal(round(value, digits) or 0, pattern)

    def signed(self, value: int) -> str:
        """Return a change with its sign; zero has none."""
        return self._decimal(value, "+#,##0;-#,##0" if value else "#,##0")

    def mean(self, value: float) -> str:
        """Return a mean, with a decimal below ten unless it is whole."""
        return self.number(value, 1 if value < 10 and round(value, 1) % 1 else 0)  # noqa: PLR2004

    def percent(self, share: float) -> str:
        """Return a share of one as a percentage."""
        pattern = self.locale.percent_formats[None].pattern
        if 0 < abs(share) < SMALL_SHARE:
            pattern = pattern.replace("#0", "#0.0")
        return format_percent(share, pattern, locale=self.locale).replace("-", MINUS)

    def share(self, share: "Share") -> str:
        """Return a percentage, with its counts if there are few cases: 79% (15 of 19)."""
        if share.value is None:
            return NO_VALUE
        percent = self.percent(share.value)
        return f"{percent} ({self.cases(share)})" if share.has_few_cases else percent

    def cases(self, share: "Share") -> str:
        """Return the counts of a share: 15 of 19."""
        part, whole = self.number(share.part), self.number(share.whole)
        return self.messages.page.cases.format(part=part, whole=whole)

    def bucket(self, label: str, *, is_complete: bool) -> str:
        """Return the label of a day, week or month, marked if it is incomplete."""
        return label if is_complete else self.messages.page.incomplete.format(when=label)

    def count(self, value: int, noun: Plural) -> str:
        """Return a number with its noun: 1 message, 1,755 messages."""
        return f"{self.number(value)}{NO_BREAK}{self._form(value, noun)}"

    def plural(self, value: int, text: Plural, **values: object) -> str:
        """Return the form of a text for a number, with the number and other values filled in."""
        return self._form(value, text).format(number=self.number(value), **values)

    def weekday(self, day: date) -> str:
        """Return the short weekday: Tue."""
        return format_date(day, "EEE", locale=self.locale)

    def short_weekdays(self) -> list[str]:
        """Return the short names of the weekdays, Monday first: Mon."""
        names = self.locale.days["format"]["abbreviated"]
        return [str(names[weekday]) for weekday in range(7)]

    def day(self, day: date) -> str:
        """Return a day with its weekday: Tue 13 Oct."""
        return format_skeleton(WEEKDAY_DATE, day, locale=self.locale)

    def weekday_date(self, day: date) -> str:
        """Return a date with its weekday: Tue, 13 Oct 2026."""
        return format_skeleton(WEEKDAY_DATE_YEAR, day, locale=self.locale)

    def full_date(self, day: date) -> str:
        """Return a date: 13 Oct 2026."""
        return format_skeleton(DATE, day, locale=self.locale)

    def axis_day(self, day: date) -> str:
        """Return a day for the axis of a chart: 13 Oct."""
        return format_date(day, self.messages.dates.axis_day, locale=self.locale)

    def axis_date(self, day: date) -> str:
        """Return a date for the axis of a chart: 13 Oct 2026."""
        return format_date(day, self.messages.dates.axis_date, locale=self.locale)

    def span(self, period: "Period") -> str:
        """Return the first and last date of a period, without repeating month or year."""
        return format_interval(period.first, period.last, DATE, locale=self.locale)

    def between(self, template: str, period: "Period") -> str:
        """Return a text with the first and last date of a period."""
        return template.format(first=self.full_date(period.first), last=self.full_date(period.last))

    def moment(self, local: datetime) -> str:
        """Return a local instant: 13 Oct 2026, 20:15."""
        return f"{self.full_date(local.date())}, {local:%H:%M}"

    def hours(self, hour: int) -> str:
        """Return the beginning and end of an hour of the day."""
        return self.messages.hours.range.format(first=hour, last=hour + 1)

    def duration(self, seconds: float) -> str:
        """Return a duration in its two largest units."""
        whole = round(seconds)
        if whole < MINUTE:
            return f"{whole}{NO_BREAK}s"
        if whole < HOUR:
            return _two_units(whole // MINUTE, "min", whole % MINUTE, "s")
        if whole < DAY:
            return _two_units(whole // HOUR, "h", whole % HOUR // MINUTE, "min")
        days = format_unit(whole // DAY, "duration-day", "long", locale=self.locale)
        hours = whole % DAY // HOUR
        rest = f" {hours}{NO_BREAK}h" if hours else ""
        return f"{days.replace(' ', NO_BREAK)}{rest}"

    def sentence(self, template: str, **values: object) -> Markup:
        """Return a filled-in sentence as HTML; values without `__html__` are escaped."""
        return Markup(escape(template)).format(**values)  # noqa: S704 - escaped right here

    def _form(self, value: int, text: Plural) -> str:
        if value == 0 and text.zero:
            return text.zero
        return text.form(self.locale.plural_form(value))

    def _decimal(self, value: float, pattern: str) -> str:
        return format_decimal(value, pattern, locale=self.locale).replace("-", MINUS)


def _two_units(large: int, unit: str, small: int, smaller_unit: str) -> str:
    rest = f" {small}{NO_BREAK}{smaller_unit}" if small else ""
    return f"{large}{NO_BREAK}{unit}{rest}"
