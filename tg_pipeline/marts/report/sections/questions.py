"""What people ask."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from tg_pipeline.marts.report.cells import Bar, Cell, Spark
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.parts import Column, Section, Table
from tg_pipeline.marts.report.period import Period
from tg_pipeline.marts.report.rows import FrequentQuestion
from tg_pipeline.marts.report.sections.weeks import counted_weeks
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.user_text import UserText
from tg_pipeline.marts.report.words import words_of

NAME: Final = "questions"

SHOWN: Final = 12
"""Groups in the table: what is asked less often is no frequent question."""


def section(facts: Facts, say: Speech) -> Section:
    """Give the groups of questions that are asked most."""
    words, nouns = words_of(say).questions, words_of(say).nouns
    total = sum(row.questions for row in facts.questions)
    named = [row for row in facts.questions if row.name is not None]
    if not total:
        return Section(NAME, words.title, words.nothing, limits=[words.limit])
    limits = [words.limit, counted_weeks(facts, say)]
    if not named:
        finding = words.no_groups.format(questions=say.count(total, nouns.question))
        return Section(NAME, words.title, finding, limits=limits)
    finding = say.sentence(
        words.finding,
        name=_name(named[0], say),
        times=say.count(named[0].questions, nouns.time),
        share=say.percent(named[0].questions / total),
    )
    tables = [_table(facts.questions, named, say)]
    return Section(
        NAME, words.title, finding, _rising(named, facts.period, say), (), tables, limits
    )


def _name(row: FrequentQuestion, say: Speech) -> Cell:
    return UserText(row.name, row.language) if row.name else words_of(say).questions.others


def _with_language(row: FrequentQuestion, say: Speech) -> Cell:
    if not row.language:
        return _name(row, say)
    template = Markup('{} <span class="language"><span class="unseen">{}: </span>{}</span>')
    language = words_of(say).questions.language
    return template.format(_name(row, say), language, row.language)


def _rising(named: Sequence[FrequentQuestion], period: Period, say: Speech) -> list[Cell]:
    """Say which question grew most from the first whole week to the last, if one did."""
    whole = [place for place, week in enumerate(period.weeks()) if period.is_whole_week(week)]
    if len(whole) < 2:  # noqa: PLR2004 - nothing rises within one week
        return []
    grown = max(named, key=lambda row: row.weeks[whole[-1]] - row.weeks[whole[0]])
    first, last = grown.weeks[whole[0]], grown.weeks[whole[-1]]
    if last <= first:
        return []
    sentence = words_of(say).questions.rising
    return [say.sentence(sentence, name=_name(grown, say), first=first, last=last)]


def _table(
    rows: Sequence[FrequentQuestion], named: Sequence[FrequentQuestion], say: Speech
) -> Table:
    words = words_of(say).questions
    shown = [*named[:SHOWN], *(row for row in rows if row.name is None)]
    most = max(row.questions for row in named)
    tallest = max((count for row in named[:SHOWN] for count in row.weeks), default=1)
    columns = [
        Column(words.question),
        Column(words.count, is_number=True),
        Column(words_of(say).page.bar, is_unseen=True),
        Column(words.by_week),
    ]
    cells = [_cells(row, most, tallest, say) for row in shown]
    return Table("questions-table", words.caption, columns, cells)


def _cells(row: FrequentQuestion, most: int, tallest: int, say: Speech) -> list[Cell]:
    counts = ", ".join(map(say.number, row.weeks))
    label = words_of(say).questions.week_counts.format(counts=counts)
    is_rest = row.name is None
    return [
        _with_language(row, say),
        say.number(row.questions),
        "" if is_rest else Bar(row.questions / most),
        Spark(row.weeks, max(row.weeks, default=1) if is_rest else tallest, label),
    ]
