"""The languages of the report: how each writes numbers, days and spans of time."""

from dataclasses import dataclass
from typing import Final

DEFAULT_LANGUAGE: Final = "en"


@dataclass(frozen=True, slots=True)
class Language:
    """How a language writes what every sentence is made of."""

    code: str
    """BCP 47, as the page's `lang` has it."""
    decimal: str
    thousands: str
    months: tuple[str, ...]
    """January first, short."""
    weekdays: tuple[str, ...]
    """Monday first, short."""
    recurring_weekdays: tuple[str, ...]
    """Monday first, as in "on Mondays"."""
    date: str
    """A date of `day`, `month` and `year`."""
    day: str
    """A day of the year, of `weekday`, `day` and `month`."""
    days: tuple[str, str]
    """One day, and several."""


EN: Final = Language(
    code="en",
    decimal=".",
    thousands=",",
    months=tuple("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()),
    weekdays=tuple("Mon Tue Wed Thu Fri Sat Sun".split()),
    recurring_weekdays=tuple(
        "Mondays Tuesdays Wednesdays Thursdays Fridays Saturdays Sundays".split()
    ),
    date="{day} {month} {year}",
    day="{weekday} {day} {month}",
    days=("day", "days"),
)

PT: Final = Language(
    code="pt-BR",
    decimal=",",
    thousands=".",
    months=tuple("jan fev mar abr mai jun jul ago set out nov dez".split()),
    weekdays=tuple("seg ter qua qui sex sáb dom".split()),
    recurring_weekdays=(
        "às segundas",
        "às terças",
        "às quartas",
        "às quintas",
        "às sextas",
        "aos sábados",
        "aos domingos",
    ),
    date="{day} {month} {year}",
    day="{weekday} {day} {month}",
    days=("dia", "dias"),
)

LANGUAGES: Final = {"en": EN, "pt": PT}
"""By the name that `--lang` takes."""
