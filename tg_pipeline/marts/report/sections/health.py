"""The state of the data: what is late, unreadable, double or missing."""

from typing import Final

from tg_pipeline.marts.report.cells import Cell
from tg_pipeline.marts.report.charts import time_bars
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.health import Gap, Health, HealthDay
from tg_pipeline.marts.report.marks import TimeBar
from tg_pipeline.marts.report.parts import Chart, Column, Key, Section, Table
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.theme import SECOND, WARN
from tg_pipeline.marts.report.time_axis import Bucket, grouped
from tg_pipeline.marts.report.words import words_of
from tg_pipeline.marts.report.words.health import HealthWords

NAME: Final = "health"

GAPS_SHOWN: Final = 20
"""Rows of the table of gaps, the largest first."""


def section(facts: Facts, say: Speech) -> Section:
    """Give what is wrong with the days of the period, if anything is."""
    words, health = words_of(say).health, facts.health
    some = [day for day in health.days if day.landed or day.updates or day.is_missing]
    limits = _limits(health, some, words)
    if not some:
        return Section(NAME, words.title, words.nothing, limits=limits)
    charts = [_chart(facts, say)]
    tables = [_gaps(health.gaps, say)] if health.gaps else []
    return Section(
        NAME, words.title, _finding(some, say), _details(health, say), charts, tables, limits
    )


def _finding(some: list[HealthDay], say: Speech) -> Cell:
    words, nouns = words_of(say).health, words_of(say).nouns
    late, missing = sum(d.is_late for d in some), sum(d.is_missing for d in some)
    template = words.behind if late or missing else words.fine
    days = say.count(len(some), nouns.day)
    return say.sentence(template, days=days, late=say.number(late), missing=say.number(missing))


def _details(health: Health, say: Speech) -> list[Cell]:
    words, nouns = words_of(say).health, words_of(say).nouns
    broken = say.sentence(
        words.broken,
        lines=say.count(sum(day.quarantined for day in health.days), nouns.line),
        duplicates=say.count(sum(day.duplicates for day in health.days), nouns.duplicate),
    )
    missing = say.count(health.missing_updates, nouns.update)
    lost = words.lost.format(updates=missing) if health.missing_updates else words.none_lost
    behind = [words.marts_behind] if health.are_marts_behind else []
    return [*behind, broken, lost]


def _limits(health: Health, some: list[HealthDay], words: HealthWords) -> list[str]:
    is_behind = any(day.is_late or day.is_missing for day in some)
    return [
        *([words.limit_fixed] if is_behind else []),
        words.limit_gaps,
        *([words.limit_filter] if health.is_filtered else []),
    ]


def _chart(facts: Facts, say: Speech) -> Chart:
    words = words_of(say).health
    label = say.between(words.label, facts.period)
    buckets = grouped(facts.health.days, lambda row: row.day, facts.period, say)
    bars = [_bar(bucket, days, facts.health, say) for bucket, days in buckets]
    keys = [Key("second", words.ok), Key("warn", f"{words.late}, {words.missing}")]
    is_behind = any(day.is_late or day.is_missing for day in facts.health.days)
    return Chart(
        "health-days", label, time_bars(bars), _numbers(facts, label, say), keys[: 1 + is_behind]
    )


def _bar(bucket: Bucket, days: list[HealthDay], health: Health, say: Speech) -> TimeBar:
    words, nouns = words_of(say).health, words_of(say).nouns
    updates = sum(day.updates for day in days)
    behind = any(day.is_late or day.is_missing for day in days)
    tip = words.tip.format(
        when=say.day(bucket.first),
        updates=say.count(updates, nouns.update),
        quarantined=say.number(sum(day.quarantined for day in days)),
        duplicates=say.number(sum(day.duplicates for day in days)),
        lost=say.number(sum(g.missing for g in health.gaps if g.day in {d.day for d in days})),
    )
    tall = updates or sum(day.landed for day in days if day.is_missing)
    return TimeBar(bucket.label, tall, WARN if behind else SECOND, 0, tip)


def _numbers(facts: Facts, label: str, say: Speech) -> Table:
    words = words_of(say).health
    heads = [words.landed, words.updates, words.quarantined, words.duplicates]
    columns = [
        Column(words.day),
        *(Column(head, is_number=True) for head in heads),
        Column(words.state),
    ]
    rows = [
        [
            say.day(day.day),
            *map(say.number, (day.landed, day.updates, day.quarantined, day.duplicates)),
            _state(day, words),
        ]
        for day in facts.health.days
    ]
    return Table("health-numbers", label, columns, rows, is_folded=True)


def _state(day: HealthDay, words: HealthWords) -> str:
    if day.is_missing:
        return words.missing
    if day.is_late:
        return words.late
    return words.ok if day.landed or day.updates else ""


def _gaps(gaps: list[Gap], say: Speech) -> Table:
    words = words_of(say).health
    largest = sorted(gaps, key=lambda gap: (-gap.missing, gap.day, gap.bot_id))[:GAPS_SHOWN]
    columns = [
        Column(words.bot),
        Column(words.day),
        Column(words.numbers, is_number=True),
    ]
    rows = [[str(gap.bot_id), say.day(gap.day), say.number(gap.missing)] for gap in largest]
    return Table("health-gaps", words.gaps, columns, rows)
