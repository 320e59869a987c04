"""The state of the data: days out of date, unreadable lines, duplicates and missing updates."""

from collections.abc import Iterator
from typing import Final

from tg_pipeline.report.drawing.charts import BarRow, TimeBucket, day_name, group_by_time, time_bars
from tg_pipeline.report.drawing.theme import SECOND, WARN
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.messages import HealthMessages
from tg_pipeline.report.models import Gap, Health, HealthDay, Period, ReportData
from tg_pipeline.report.page import (
    Cell,
    LegendItem,
    PageChart,
    PageSection,
    PageTable,
    TableColumn,
    bucket_name,
    pale_legend,
)

HEALTH: Final = "health"

GAPS_SHOWN: Final = 20
"""Rows of the table of gaps, largest first."""


def health(data: ReportData, fmt: Formatter) -> PageSection:
    """Build the state of the period's days."""
    texts, state = fmt.messages.health, data.health
    days = [day for day in state.days if day.landed or day.updates or day.is_missing]
    limits = _limits(data, days, fmt)
    if not days:
        unprocessed = list(_unprocessed(state, fmt))
        return PageSection(HEALTH, texts.title, texts.nothing, unprocessed, limits=limits)
    charts = [_days_chart(data, fmt)]
    tables = [_gaps_table(state.gaps, data.period, fmt)] if state.gaps else []
    return PageSection(
        HEALTH,
        texts.title,
        _finding(state, days, fmt),
        _details(state, fmt),
        charts,
        tables,
        limits,
    )


def _finding(state: Health, days: list[HealthDay], fmt: Formatter) -> Cell:
    texts = fmt.messages.health
    late, missing = sum(day.is_late for day in days), sum(day.is_missing for day in days)
    complete = texts.partial if state.unprocessed else texts.fine
    template = texts.behind if late or missing else complete
    count = fmt.count(len(days), fmt.messages.nouns.day)
    return fmt.sentence(template, days=count, late=fmt.number(late), missing=fmt.number(missing))


def _details(state: Health, fmt: Formatter) -> list[Cell]:
    texts, nouns = fmt.messages.health, fmt.messages.nouns
    broken = fmt.sentence(
        texts.broken,
        lines=fmt.count(sum(day.quarantined for day in state.days), nouns.line),
        duplicates=fmt.count(sum(day.duplicates for day in state.days), nouns.duplicate),
    )
    missing = fmt.count(state.missing_updates, nouns.update)
    lost = texts.lost.format(updates=missing) if state.missing_updates else texts.none_lost
    behind = [texts.marts_behind] if state.are_marts_behind else []
    return [*_unprocessed(state, fmt), *behind, broken, lost]


def _unprocessed(state: Health, fmt: Formatter) -> Iterator[Cell]:
    for each in state.unprocessed:
        first, last = fmt.full_date(each.first), fmt.full_date(each.last)
        days = first if each.first == each.last else f"{first} – {last}"
        template = fmt.messages.health.outside
        yield fmt.sentence(template, objects=fmt.number(each.objects), days=days)


def _limits(data: ReportData, days: list[HealthDay], fmt: Formatter) -> list[str]:
    texts, state = fmt.messages.health, data.health
    since = (
        [texts.limit_since.format(day=fmt.full_date(state.kept_since))] if state.kept_since else []
    )
    is_behind = any(day.is_late or day.is_missing for day in days)
    return [
        *([texts.limit_late] if is_behind else []),
        texts.limit_gaps,
        *([texts.limit_filter] if state.is_filtered else []),
        *([texts.limit_no_texts] if state.has_no_texts else []),
        *([texts.limit_pseudonyms] if state.has_pseudonyms else []),
        *since,
        *([texts.limit_all] if data.bot or data.chat else []),
    ]


def _days_chart(data: ReportData, fmt: Formatter) -> PageChart:
    texts = fmt.messages.health
    label = fmt.between(texts.label, data.period)
    buckets = group_by_time(data.health.days, lambda row: row.day, data, fmt)
    bars = [_bar(bucket, days, data.health, fmt) for bucket, days in buckets]
    is_behind = any(day.is_late or day.is_missing for day in data.health.days)
    legend = [
        LegendItem("second", texts.ok),
        *([LegendItem("warn", f"{texts.late}, {texts.missing}")] if is_behind else []),
        *pale_legend((bucket for bucket, _ in buckets), fmt),
    ]
    numbers = _days_table(data, label, fmt)
    return PageChart("health-days", label, time_bars(bars), numbers, legend)


def _bar(bucket: TimeBucket, days: list[HealthDay], state: Health, fmt: Formatter) -> BarRow:
    updates = sum(day.updates for day in days)
    is_behind = any(day.is_late or day.is_missing for day in days)
    dates = {day.day for day in days}
    tip = fmt.messages.health.tip.format(
        when=bucket_name(bucket, fmt),
        updates=fmt.count(updates, fmt.messages.nouns.update),
        quarantined=fmt.number(sum(day.quarantined for day in days)),
        duplicates=fmt.number(sum(day.duplicates for day in days)),
        lost=fmt.number(sum(gap.missing for gap in state.gaps if gap.day in dates)),
    )
    height = updates or sum(day.landed for day in days if day.is_missing)
    return BarRow(bucket.label, height, WARN if is_behind else SECOND, 0, tip, bucket.fill)


def _days_table(data: ReportData, label: str, fmt: Formatter) -> PageTable:
    texts = fmt.messages.health
    heads = [texts.landed, texts.updates, texts.quarantined, texts.duplicates]
    columns = [
        TableColumn(texts.day),
        *(TableColumn(head, is_number=True) for head in heads),
        TableColumn(texts.state),
    ]
    rows = [
        [
            fmt.bucket(
                day_name(day.day, data.period, fmt), is_complete=data.is_complete(day.day, day.day)
            ),
            *map(fmt.number, (day.landed, day.updates, day.quarantined, day.duplicates)),
            _state(day, texts),
        ]
        for day in data.health.days
    ]
    return PageTable("health-numbers", label, columns, rows, is_folded=True)


def _state(day: HealthDay, texts: HealthMessages) -> str:
    if day.is_missing:
        return texts.missing
    if day.is_late:
        return texts.late
    return texts.ok if day.landed or day.updates else ""


def _gaps_table(gaps: list[Gap], period: Period, fmt: Formatter) -> PageTable:
    texts = fmt.messages.health
    largest = sorted(gaps, key=lambda gap: (-gap.missing, gap.day, gap.bot_id))[:GAPS_SHOWN]
    columns = [
        TableColumn(texts.bot),
        TableColumn(texts.day),
        TableColumn(texts.missing_ids, is_number=True),
    ]
    rows = [
        [str(gap.bot_id), day_name(gap.day, period, fmt), fmt.number(gap.missing)]
        for gap in largest
    ]
    return PageTable("health-gaps", texts.gaps, columns, rows)
