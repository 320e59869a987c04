"""When people write: the hours of the week."""

from collections import Counter
from typing import Final

from tg_pipeline.marts.report.cells import Cell
from tg_pipeline.marts.report.charts import HOURS_LABELLED, heat_map
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.marks import Heat
from tg_pipeline.marts.report.parts import Chart, Column, Key, Section, Table
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.theme import INK, opacity_of
from tg_pipeline.marts.report.words import words_of

NAME: Final = "hours"
HOURS: Final = range(24)
WEEKDAYS: Final = range(1, 8)
"""ISO: 1 is Monday."""

Counts = Counter[tuple[int, int]]
"""Messages by weekday and hour."""


def section(facts: Facts, say: Speech) -> Section:
    """Give the busiest hours, by the clocks of the zone."""
    words = words_of(say).hours
    counts: Counts = Counter()
    for row in facts.hours:
        counts[row.weekday, row.hour] += row.messages
    limits = [words.limit.format(zone=facts.zone)]
    if not counts.total():
        return Section(NAME, words.title, words.nothing, limits=limits)
    charts = [_heat(counts, facts.zone, say)]
    return Section(
        NAME, words.title, _finding(counts, say), [_extremes(counts, say)], charts, (), limits
    )


def _finding(counts: Counts, say: Speech) -> Cell:
    (weekday, hour), most = _first_most(counts)
    return say.sentence(
        words_of(say).hours.finding,
        weekday=say.language.recurring_weekdays[weekday - 1],
        hours=say.hours(hour),
        messages=say.count(most, words_of(say).nouns.message),
        share=say.percent(most / counts.total()),
    )


def _extremes(counts: Counts, say: Speech) -> Cell:
    by_hour = [sum(counts[weekday, hour] for weekday in WEEKDAYS) for hour in HOURS]
    return say.sentence(
        words_of(say).hours.quiet,
        busiest=say.hours(by_hour.index(max(by_hour))),
        quietest=say.hours(by_hour.index(min(by_hour))),
    )


def _first_most(counts: Counts) -> tuple[tuple[int, int], int]:
    """Give the most, of equals the earliest in the week."""
    return min(counts.items(), key=lambda item: (-item[1], item[0]))


def _heat(counts: Counts, zone: str, say: Speech) -> Chart:
    words, nouns = words_of(say).hours, words_of(say).nouns
    most = max(counts.values())
    fields = [
        Heat(
            column=str(hour),
            row=say.language.weekdays[weekday - 1],
            opacity=opacity_of(counts[weekday, hour] / most),
            text="",
            text_color=INK,
            tip=words.tip.format(
                weekday=say.language.weekdays[weekday - 1],
                hours=say.hours(hour),
                messages=say.count(counts[weekday, hour], nouns.message),
            ),
        )
        for weekday in WEEKDAYS
        for hour in HOURS
    ]
    label = words.label.format(zone=zone)
    keys = [
        Key("cold", words.none),
        Key("hot", words.most.format(messages=say.count(most, nouns.message))),
    ]
    chart = heat_map(fields, every=HOURS_LABELLED)
    return Chart("hours-heat", label, chart, _numbers(counts, label, say), keys)


def _numbers(counts: Counts, label: str, say: Speech) -> Table:
    words = words_of(say).hours
    heads = [Column(words.hour.format(hour=hour), is_number=True) for hour in HOURS]
    rows = [
        [
            say.language.weekdays[weekday - 1],
            *(say.number(counts[weekday, hour]) for hour in HOURS),
        ]
        for weekday in WEEKDAYS
    ]
    return Table("hours-numbers", label, [Column(words.weekday), *heads], rows, is_folded=True)
