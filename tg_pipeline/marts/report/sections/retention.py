"""Who comes back: the people of each week, in the weeks after."""

from collections.abc import Sequence
from typing import Final

from tg_pipeline.marts.report.cells import Cell
from tg_pipeline.marts.report.charts import heat_map
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.marks import Heat
from tg_pipeline.marts.report.parts import Chart, Column, Section, Table
from tg_pipeline.marts.report.rows import CohortWeek
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.theme import INK, ON_HEAT, step_of
from tg_pipeline.marts.report.words import words_of

NAME: Final = "retention"


def section(facts: Facts, say: Speech) -> Section:
    """Give the share of each week's newcomers that came back, week by week."""
    words = words_of(say).retention
    limits = [words.limit, words.limit_first]
    later = [row for row in facts.cohorts if row.offset > 0 and row.size]
    if not any(row.offset == 1 for row in later):
        return Section(NAME, words.title, words.too_short, limits=limits)
    charts = [_chart(later, say)]
    return Section(NAME, words.title, _finding(later, say), (), charts, (), limits)


def _finding(later: Sequence[CohortWeek], say: Speech) -> Cell:
    week_after = [row for row in later if row.offset == 1]
    share = sum(row.returned for row in week_after) / sum(row.size for row in week_after)
    return say.sentence(words_of(say).retention.finding, share=say.percent(share))


def _chart(later: Sequence[CohortWeek], say: Speech) -> Chart:
    words = words_of(say).retention
    spec = heat_map([_field(row, say) for row in later])
    return Chart("retention-heat", words.label, spec, _numbers(later, say))


def _field(row: CohortWeek, say: Speech) -> Heat:
    words = words_of(say).retention
    share = row.returned / row.size
    step = step_of(share)
    return Heat(
        column=words.column.format(offset=row.offset),
        row=words.row.format(day=say.short_day(row.cohort), size=say.number(row.size)),
        opacity=step.opacity,
        text=say.percent(share),
        text_color=ON_HEAT if step.is_dark else INK,
        tip=words.tip.format(
            cohort=say.short_day(row.cohort),
            returned=say.number(row.returned),
            size=say.number(row.size),
            offset=row.offset,
        ),
    )


def _numbers(later: Sequence[CohortWeek], say: Speech) -> Table:
    words = words_of(say).retention
    offsets = sorted({row.offset for row in later})
    of = {(row.cohort, row.offset): row for row in later}
    sizes = {row.cohort: row.size for row in later}
    columns = [
        Column(words.cohort),
        Column(words.size, is_number=True),
        *(Column(words.week.format(offset=offset), is_number=True) for offset in offsets),
    ]
    rows = [
        [
            say.full_date(cohort),
            say.number(size),
            *(
                say.number(of[cohort, offset].returned) if (cohort, offset) in of else ""
                for offset in offsets
            ),
        ]
        for cohort, size in sizes.items()
    ]
    return Table("retention-numbers", words.label, columns, rows, is_folded=True)
