"""Members: joins and leaves, and how many people come back."""

from collections.abc import Sequence
from typing import Final

from tg_pipeline.report.drawing.charts import (
    HeatCell,
    axis_label,
    group_by_time,
    heat_map,
)
from tg_pipeline.report.drawing.theme import INK, ON_HEAT, step_of
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import CohortWeek, MemberDay, Period, ReportData
from tg_pipeline.report.page import (
    Cell,
    PageChart,
    PageSection,
    PageTable,
    TableColumn,
    time_column,
)
from tg_pipeline.report.sections.changes import Change, ChangeWords, changes_chart
from tg_pipeline.report.shares import Share

MEMBERS: Final = "members"
RETENTION: Final = "retention"


def members(data: ReportData, fmt: Formatter) -> PageSection:
    """Build joins and leaves over time."""
    texts = fmt.messages.members
    if not any(day.joins or day.leaves for day in data.members):
        return PageSection(MEMBERS, texts.title, texts.nothing, limits=[texts.limit])
    buckets = group_by_time(data.members, lambda row: row.day, data, fmt)
    charts = [_members_chart([(bucket, *_sums(rows)) for bucket, rows in buckets], data, fmt)]
    return PageSection(MEMBERS, texts.title, _balance(data, fmt), (), charts, (), [texts.limit])


def retention(data: ReportData, fmt: Formatter) -> PageSection:
    """Build the share of each weekly cohort that was active in the weeks after its first."""
    texts = fmt.messages.retention
    limits = [texts.limit, texts.limit_first]
    later = [row for row in data.cohorts if row.offset > 0 and row.size]
    if not any(row.offset == 1 for row in later):
        return PageSection(RETENTION, texts.title, texts.too_short, limits=limits)
    charts = [_retention_chart(later, data.period, fmt)]
    return PageSection(RETENTION, texts.title, _week_after(later, fmt), (), charts, (), limits)


def _sums(rows: list[MemberDay]) -> tuple[int, int]:
    return sum(row.joins for row in rows), sum(row.leaves for row in rows)


def _balance(data: ReportData, fmt: Formatter) -> Cell:
    texts, nouns = fmt.messages.members, fmt.messages.nouns
    joins, leaves = _sums(data.members)
    if joins == leaves:
        return texts.as_many.format(joins=fmt.number(joins))
    noun = nouns.member_gained if joins > leaves else nouns.member_lost
    return fmt.sentence(
        texts.finding,
        joins=fmt.number(joins),
        leaves=fmt.number(leaves),
        net=fmt.count(abs(joins - leaves), noun),
    )


def _members_chart(changes: list[Change], data: ReportData, fmt: Formatter) -> PageChart:
    texts = fmt.messages.members
    label = fmt.between(texts.label, data.period)
    words = ChangeWords(
        *(label, time_column(data, fmt), texts.joined, texts.left, texts.net),
        tip=lambda at, joins, leaves: texts.tip.format(when=at, joins=joins, leaves=leaves),
    )
    return changes_chart(MEMBERS, words, changes, fmt)


def _week_after(later: Sequence[CohortWeek], fmt: Formatter) -> Cell:
    week_after = [row for row in later if row.offset == 1]
    returned = Share(sum(row.returned for row in week_after), sum(row.size for row in week_after))
    texts = fmt.messages.retention
    return fmt.sentence(
        texts.few if returned.has_few_cases else texts.finding,
        share=fmt.percent(returned.value or 0),
        cases=fmt.cases(returned),
    )


def _retention_chart(later: Sequence[CohortWeek], period: Period, fmt: Formatter) -> PageChart:
    label = fmt.messages.retention.label
    spec = heat_map([_cohort_cell(row, period, fmt) for row in later])
    return PageChart("retention-heat", label, spec, _retention_table(later, fmt))


def _cohort_cell(row: CohortWeek, period: Period, fmt: Formatter) -> HeatCell:
    cohort = axis_label(row.cohort, period, fmt)
    share = row.returned / row.size
    step = step_of(share)
    return HeatCell(
        column=_offset(row.offset),
        row=f"{cohort} ({fmt.number(row.size)})",
        opacity=step.opacity,
        text=fmt.percent(share),
        text_color=ON_HEAT if step.is_dark else INK,
        tip=fmt.messages.retention.tip.format(
            cohort=cohort,
            returned=fmt.number(row.returned),
            size=fmt.number(row.size),
            weeks=fmt.count(row.offset, fmt.messages.nouns.week),
        ),
    )


def _offset(weeks: int) -> str:
    return f"+{weeks}"


def _retention_table(later: Sequence[CohortWeek], fmt: Formatter) -> PageTable:
    texts = fmt.messages.retention
    offsets = sorted({row.offset for row in later})
    by_place = {(row.cohort, row.offset): row for row in later}
    sizes = {row.cohort: row.size for row in later}
    columns = [
        TableColumn(texts.cohort),
        TableColumn(texts.size, is_number=True),
        *(TableColumn(_offset(offset), is_number=True) for offset in offsets),
    ]
    rows = [
        [
            fmt.full_date(cohort),
            fmt.number(size),
            *(
                fmt.number(by_place[cohort, offset].returned)
                if (cohort, offset) in by_place
                else ""
                for offset in offsets
            ),
        ]
        for cohort, size in sizes.items()
    ]
    return PageTable("retention-numbers", texts.label, columns, rows, is_folded=True)
