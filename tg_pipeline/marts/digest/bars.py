"""What the digest's chart is drawn of: the hours of a day, or the days of a week."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tg_pipeline.marts.digest.edition import Edition, Kind
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.speech import Speech

HOURS: Final = 24
DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class DigestBar:
    """Messages at an hour or on a day, beside those of the period before."""

    at: str
    """As it is written below the bar."""
    count: int
    before: int | None
    """None where there is no period to compare with."""


def bars_of(facts: Facts, earlier: Facts | None, edition: Edition, say: Speech) -> list[DigestBar]:
    """Give a bar for each hour of the day, or each day of the week, those with nothing included."""
    is_day = edition.kind is Kind.DAY
    labels = [str(hour) for hour in range(HOURS)] if is_day else _days(edition, say)
    count = _by_hour if is_day else _by_day
    now = count(facts)
    before = count(earlier) if earlier else [None] * len(labels)
    return [DigestBar(*bar) for bar in zip(labels, now, before, strict=True)]


def _days(edition: Edition, say: Speech) -> list[str]:
    days = [edition.period.first + timedelta(days=number) for number in range(DAYS)]
    return [f"{say.language.weekdays[day.weekday()]} {day.day}" for day in days]


def _by_hour(facts: Facts) -> list[int]:
    counts = [0] * HOURS
    for row in facts.hours:
        counts[row.hour] += row.messages
    return counts


def _by_day(facts: Facts) -> list[int]:
    counts = [0] * DAYS
    for row in facts.activity:
        counts[(row.day - facts.period.first).days] += row.messages
    return counts
