"""How long people wait for an answer."""

from typing import Final

from tg_pipeline.marts.report.cells import Cell
from tg_pipeline.marts.report.charts import time_ranges
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.marks import Range
from tg_pipeline.marts.report.parts import Chart, Column, Key, Section, Table
from tg_pipeline.marts.report.period import Period
from tg_pipeline.marts.report.rows import Wait
from tg_pipeline.marts.report.sections.weeks import counted_weeks
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.theme import ACCENT, INK
from tg_pipeline.marts.report.time_axis import day_label
from tg_pipeline.marts.report.words import words_of

NAME: Final = "waits"

MARKS: Final = (1, 10, 60, 600, 3_600, 36_000, 86_400, 604_800)
"""Seconds that the axis names: about ten times as long from one to the next."""

COLORS: Final = {"bot": INK, "human": ACCENT}


def section(facts: Facts, say: Speech) -> Section:
    """Give the median wait, and the wait that nine in ten stay below."""
    words = words_of(say).waits
    whole = {wait.answered_by: wait for wait in facts.waits if wait.week is None}
    limits = [words.limit, counted_weeks(facts, say)]
    if "anyone" not in whole:
        return Section(NAME, words.title, words.nothing, limits=limits)
    finding = _filled(words.finding, whole["anyone"], say)
    details = _told_apart(whole, say)
    weekly = [wait for wait in facts.waits if wait.week and wait.answered_by in COLORS]
    charts = [_chart(weekly, facts.period, say)] if weekly else []
    return Section(NAME, words.title, finding, details, charts, (), limits)


def _filled(template: str, wait: Wait, say: Speech) -> Cell:
    return say.sentence(
        template, median=say.duration(wait.median_seconds), p90=say.duration(wait.p90_seconds)
    )


def _told_apart(whole: dict[str, Wait], say: Speech) -> list[Cell]:
    """Say how bots and people differ, where both answer."""
    words = words_of(say).waits
    templates = {"bot": words.by_bot, "human": words.by_people}
    if not templates.keys() <= whole.keys():
        return []
    return [_filled(templates[who], whole[who], say) for who in templates]


def _chart(weekly: list[Wait], period: Period, say: Speech) -> Chart:
    words = words_of(say).waits
    names = {"bot": words.bot, "human": words.people}
    ranges = [
        Range(
            at=day_label(wait.week, period, say),
            series=wait.answered_by,
            low=max(wait.median_seconds, MARKS[0]),
            high=max(wait.p90_seconds, MARKS[0]),
            color=COLORS[wait.answered_by],
            tip=words.tip.format(
                week=day_label(wait.week, period, say),
                who=names[wait.answered_by],
                median=say.duration(wait.median_seconds),
                p90=say.duration(wait.p90_seconds),
            ),
        )
        for wait in weekly
        if wait.week
    ]
    keys = [
        *([Key("ink", words.bot)] if any(row.series == "bot" for row in ranges) else []),
        Key("accent", words.people),
        Key("none", words.legend),
    ]
    spec = time_ranges(ranges, _marks(ranges, say))
    return Chart("waits-weeks", words.label, spec, _numbers(weekly, names, say), keys)


def _marks(ranges: list[Range], say: Speech) -> list[tuple[float, str]]:
    """Give the marks of the axis: from the last that nothing is below, to the first above all."""
    shortest, longest = min(row.low for row in ranges), max(row.high for row in ranges)
    begin = max(place for place, mark in enumerate(MARKS) if mark <= shortest)
    end = next((place for place, mark in enumerate(MARKS) if mark > longest), len(MARKS) - 1)
    return [(mark, say.duration(mark)) for mark in MARKS[min(begin, end - 1) : end + 1]]


def _numbers(weekly: list[Wait], names: dict[str, str], say: Speech) -> Table:
    words = words_of(say).waits
    heads = [words.answers, words.median, words.p90]
    columns = [Column(words.week), Column(words.who), *(Column(h, is_number=True) for h in heads)]
    rows = [
        [
            say.full_date(wait.week),
            names[wait.answered_by],
            say.number(wait.answered),
            say.duration(wait.median_seconds),
            say.duration(wait.p90_seconds),
        ]
        for wait in weekly
        if wait.week
    ]
    return Table("waits-numbers", words.label, columns, rows, is_folded=True)
