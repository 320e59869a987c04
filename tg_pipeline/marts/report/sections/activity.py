"""How much is written, over time."""

from collections.abc import Iterator, Sequence
from typing import Final

from tg_pipeline.marts.report.cells import Cell
from tg_pipeline.marts.report.charts import time_bars, time_lines
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.marks import TimeBar, TimePoint
from tg_pipeline.marts.report.parts import Chart, Column, Key, Section, Table
from tg_pipeline.marts.report.rows import ActivityDay
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.theme import ACCENT, INK, SECOND
from tg_pipeline.marts.report.time_axis import Bucket, grouped
from tg_pipeline.marts.report.words import words_of

NAME: Final = "activity"


def section(facts: Facts, say: Speech) -> Section:
    """Give messages a day, and the people behind them."""
    words = words_of(say).activity
    finding = _finding(facts, say)
    is_active = any(day.messages or day.users for day in facts.activity)
    if not is_active or facts.period.days == 1:
        return Section(NAME, words.title, finding, limits=[words.limit])
    buckets = grouped(facts.activity, lambda row: row.day, facts.period, say)
    charts = [_messages(facts, buckets, say), _people(facts, buckets, say)]
    return Section(
        NAME, words.title, finding, _people_in_words(facts, say), charts, (), [words.limit]
    )


def _finding(facts: Facts, say: Speech) -> Cell:
    words, nouns = words_of(say).activity, words_of(say).nouns
    busiest = max(facts.activity, key=lambda day: day.messages, default=None)
    if busiest is None or not busiest.messages:
        return words.nothing
    most = say.count(busiest.messages, nouns.message)
    if facts.period.days == 1:
        return say.sentence(words.one_day, most=most, day=say.day(busiest.day))
    mean = sum(day.messages for day in facts.activity) / facts.period.days
    return say.sentence(
        words.finding,
        mean=_rounded(mean, say),
        day=say.day(busiest.day),
        most=say.number(busiest.messages),
    )


def _people_in_words(facts: Facts, say: Speech) -> list[Cell]:
    monthly = sum(day.monthly_users for day in facts.activity)
    daily = sum(day.users for day in facts.activity)
    if not monthly or facts.period.days == 1:
        return []
    words = words_of(say).activity
    mean = _rounded(daily / facts.period.days, say)
    return [say.sentence(words.people, daily=mean, share=say.percent(daily / monthly))]


def _rounded(mean: float, say: Speech) -> str:
    """Write a mean; below ten a decimal says something, if there is one."""
    return say.number(mean, 1 if mean < 10 and round(mean, 1) % 1 else 0)  # noqa: PLR2004


def _messages(facts: Facts, buckets: list[tuple[Bucket, list[ActivityDay]]], say: Speech) -> Chart:
    words, nouns = words_of(say).activity, words_of(say).nouns
    counts = [(bucket, sum(row.messages for row in rows)) for bucket, rows in buckets]
    bars = [
        TimeBar(
            bucket.label,
            count,
            ACCENT,
            0,
            words.tip.format(when=say.day(bucket.first), what=say.count(count, nouns.message)),
        )
        for bucket, count in counts
    ]
    label = say.between(words.messages_label, facts.period)
    columns = [Column(words.day), Column(words.messages, is_number=True)]
    cells = [[say.day(bucket.first), say.number(count)] for bucket, count in counts]
    numbers = Table("activity-numbers", label, columns, cells, is_folded=True)
    return Chart("activity-messages", label, time_bars(bars), numbers)


def _people(facts: Facts, buckets: list[tuple[Bucket, list[ActivityDay]]], say: Speech) -> Chart:
    words = words_of(say).activity
    label = say.between(words.people_label, facts.period)
    names = [words.on_the_day, words.in_a_week, words.in_a_month]
    columns = [Column(words.day), *(Column(name, is_number=True) for name in names)]
    rows = [(bucket, _typical(days)) for bucket, days in buckets if days]
    cells = [[say.day(bucket.first), *map(say.number, people)] for bucket, people in rows]
    numbers = Table("activity-people-numbers", label, columns, cells, is_folded=True)
    points = [point for bucket, people in rows for point in _points(bucket, people, names, say)]
    styles = ["accent", "second", "ink"]
    keys = [Key(style, name) for style, name in zip(styles, names, strict=True)]
    return Chart("activity-people", label, time_lines(points), numbers, keys)


def _typical(days: Sequence[ActivityDay]) -> tuple[int, int, int]:
    """Give the people of the bucket's last day: windows that look back add up to nothing."""
    last = days[-1]
    return last.users, last.weekly_users, last.monthly_users


def _points(
    bucket: Bucket, people: tuple[int, int, int], names: list[str], say: Speech
) -> Iterator[TimePoint]:
    words, nouns = words_of(say).activity, words_of(say).nouns
    for count, name, color in zip(people, names, [ACCENT, SECOND, INK], strict=True):
        what = f"{say.count(count, nouns.person)}, {name}"
        tip = words.tip.format(when=say.day(bucket.first), what=what)
        yield TimePoint(bucket.label, count, color, tip)
