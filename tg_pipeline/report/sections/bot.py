"""The bot itself: whether it helps in private chats, its sources, blocks, buttons and calls."""

from collections.abc import Iterator, Sequence
from typing import Final

from tg_pipeline.report.drawing.charts import (
    BarRow,
    axis_label,
    fill_of,
    group_by_time,
    time_bars,
)
from tg_pipeline.report.drawing.theme import ACCENT, INK, SECOND, SOFT
from tg_pipeline.report.formatting import NO_VALUE, Formatter
from tg_pipeline.report.models import (
    BlockDay,
    MethodCalls,
    PrivateIssues,
    ReportData,
    SourceReturns,
)
from tg_pipeline.report.page import (
    Cell,
    LegendItem,
    PageChart,
    PageSection,
    PageTable,
    TableColumn,
    time_column,
)
from tg_pipeline.report.sanitize import MAX_NAME, UserText
from tg_pipeline.report.sections.changes import Change, ChangeWords, changes_chart
from tg_pipeline.report.shares import Share

HELP: Final = "help"
SOURCES: Final = "sources"
BLOCKS: Final = "blocks"
CALLS: Final = "calls"

TOP_SOURCES: Final = 10
TOP_METHODS: Final = 10
TOP_FALLBACKS: Final = 3
"""Rows of the tables; the others are one row, or are left out."""

MANY_FALLBACKS: Final = 0.1
"""The share of answers that only say that the bot does not know, from which it knows too little."""


# Whether it helps


def helps(data: ReportData, fmt: Formatter) -> PageSection:
    """Build what became of the issues in private chats with the bot."""
    texts, nouns, total = fmt.messages.help, fmt.messages.nouns, data.current.private
    unseen = texts.limit_unseen
    if total.unseen:
        unseen += f" {texts.left_out.format(issues=fmt.number(total.unseen))}"
    if not total.seen:
        nothing = texts.invisible.format(issues=fmt.count(total.unseen, nouns.issue))
        return PageSection(HELP, texts.title, nothing, limits=[unseen])
    share = total.contained_share
    finding = fmt.sentence(
        texts.finding, share=fmt.percent(share.value or 0), cases=fmt.cases(share)
    )
    return PageSection(
        HELP,
        texts.title,
        finding,
        list(_help_details(total, fmt)),
        [_help_chart(data, fmt)],
        _fallback_tables(data, fmt),
        [texts.limit, texts.limit_fallback, unseen],
    )


def _help_details(total: PrivateIssues, fmt: Formatter) -> Iterator[Cell]:
    texts = fmt.messages.help
    yield fmt.sentence(texts.answered, share=fmt.share(total.answered))
    if total.answered.part:
        again = Share(total.asked_again, total.answered.part)
        yield fmt.sentence(texts.asked_again, share=fmt.share(again))
    fallback = total.fallback_share
    if fallback.whole:
        is_much = (fallback.value or 0) > MANY_FALLBACKS
        template = texts.fallback_many if is_much else texts.fallback
        yield fmt.sentence(template, share=fmt.share(fallback))
    if total.silent:
        yield fmt.sentence(texts.silent, share=fmt.share(Share(total.silent, total.seen)))
    if total.unknown:
        yield fmt.sentence(texts.unknown, share=fmt.share(Share(total.unknown, total.seen)))
    if total.median_seconds is not None:
        yield fmt.sentence(texts.median, median=fmt.duration(total.median_seconds))


def _help_chart(data: ReportData, fmt: Formatter) -> PageChart:
    texts = fmt.messages.help
    weeks = [row for row in data.private_issues if row.week]
    is_whole = all(data.is_whole_week(row.week) for row in weeks if row.week)
    legend = [
        LegendItem("accent", texts.contained),
        LegendItem("ink", texts.again),
        LegendItem("second", texts.not_knowing),
        LegendItem("soft", f"{texts.no_answer}, {texts.not_known}"),
        *([] if is_whole else [LegendItem("pale", fmt.messages.page.pale)]),
    ]
    bars = [bar for row in weeks for bar in _help_bars(row, data, fmt)]
    numbers = _help_table(weeks, data, fmt)
    return PageChart("help-weeks", texts.label, time_bars(bars), numbers, legend)


def _help_bars(row: PrivateIssues, data: ReportData, fmt: Formatter) -> Iterator[BarRow]:
    texts, week = fmt.messages.help, row.week or data.period.first
    at, is_complete = axis_label(week, data.period, fmt), data.is_whole_week(week)
    segments = [
        (texts.contained, row.contained, ACCENT),
        (texts.again, row.asked_again, INK),
        (texts.not_knowing, row.fallback, SECOND),
        (f"{texts.no_answer}, {texts.not_known}", row.silent + row.unknown, SOFT),
    ]
    for order, (what, count, color) in enumerate(segments):
        when = fmt.bucket(at, is_complete=is_complete)
        tip = texts.tip.format(week=when, what=what, number=fmt.number(count))
        yield BarRow(at, count, color, order, tip, fill_of(is_complete=is_complete))


def _help_table(weeks: Sequence[PrivateIssues], data: ReportData, fmt: Formatter) -> PageTable:
    texts = fmt.messages.help
    heads = [
        *(texts.contained, texts.again, texts.not_knowing),
        *(texts.no_answer, texts.not_known, texts.unseen),
    ]
    columns = [TableColumn(texts.week), *(TableColumn(head, is_number=True) for head in heads)]
    rows = [
        [
            fmt.bucket(fmt.full_date(row.week), is_complete=data.is_whole_week(row.week)),
            *map(fmt.number, (row.contained, row.asked_again, row.fallback)),
            *map(fmt.number, (row.silent, row.unknown, row.unseen)),
        ]
        for row in weeks
        if row.week
    ]
    return PageTable("help-numbers", texts.label, columns, rows, is_folded=True)


def _fallback_tables(data: ReportData, fmt: Formatter) -> list[PageTable]:
    """Return what the bot says when it does not know, if it says that."""
    texts = fmt.messages.help
    columns = [TableColumn(texts.text), TableColumn(texts.count, is_number=True)]
    rows: list[list[Cell]] = [
        [UserText(row.name), fmt.number(row.count)] for row in data.fallbacks[:TOP_FALLBACKS]
    ]
    return [PageTable("help-fallbacks", texts.texts, columns, rows)] if rows else []


# Where people come from


def sources(data: ReportData, fmt: Formatter) -> PageSection:
    """Build the sources of new people, and how many of them return."""
    texts, first = fmt.messages.sources, data.sources[0]
    total = sum(row.people for row in data.sources)
    noun = fmt.messages.nouns.person
    finding = fmt.sentence(
        texts.finding if first.name else texts.finding_none,
        name=_source_name(first, fmt),
        people=fmt.number(first.people),
        share=fmt.percent(first.people / total),
        all=fmt.count(total, noun),
    )
    returned = Share(
        sum(row.returned_7 for row in data.sources), sum(row.eligible_7 for row in data.sources)
    )
    details = [fmt.sentence(texts.returned, share=fmt.share(returned))] if returned.whole else []
    tables, limits = [_sources_table(data.sources, fmt)], [texts.limit, texts.limit_returned]
    return PageSection(SOURCES, texts.title, finding, details, (), tables, limits)


def _source_name(row: SourceReturns, fmt: Formatter) -> Cell:
    return UserText(row.name, limit=MAX_NAME) if row.name else fmt.messages.sources.none


def _sources_table(rows: Sequence[SourceReturns], fmt: Formatter) -> PageTable:
    texts = fmt.messages.sources
    columns = [
        TableColumn(texts.name),
        TableColumn(texts.people, is_number=True),
        TableColumn(texts.after_7, is_number=True),
        TableColumn(texts.after_28, is_number=True),
    ]
    cells: list[list[Cell]] = [
        [
            _source_name(row, fmt),
            fmt.number(row.people),
            *_returned(row, fmt),
        ]
        for row in rows[:TOP_SOURCES]
    ]
    if others := rows[TOP_SOURCES:]:
        label = texts.rest.format(number=fmt.number(len(others)))
        people = fmt.number(sum(row.people for row in others))
        cells.append([label, people, *_returned(_sum(others), fmt)])
    return PageTable("sources-table", texts.caption, columns, cells)


def _returned(row: SourceReturns, fmt: Formatter) -> list[str]:
    shares = Share(row.returned_7, row.eligible_7), Share(row.returned_28, row.eligible_28)
    return [fmt.share(share) if share.whole else NO_VALUE for share in shares]


def _sum(rows: Sequence[SourceReturns]) -> SourceReturns:
    return SourceReturns(
        name=None,
        people=sum(row.people for row in rows),
        eligible_7=sum(row.eligible_7 for row in rows),
        returned_7=sum(row.returned_7 for row in rows),
        eligible_28=sum(row.eligible_28 for row in rows),
        returned_28=sum(row.returned_28 for row in rows),
    )


# Who blocks it


def blocks(data: ReportData, fmt: Formatter) -> PageSection:
    """Build how often the bot was blocked and unblocked over time."""
    texts, noun = fmt.messages.blocks, fmt.messages.nouns.time
    blocked, unblocked = _block_sums(data.blocks)
    finding = fmt.sentence(
        texts.finding, blocked=fmt.count(blocked, noun), unblocked=fmt.count(unblocked, noun)
    )
    buckets = group_by_time(data.blocks, lambda row: row.day, data, fmt)
    changes = [(bucket, *_block_sums(rows)) for bucket, rows in buckets]
    charts = [_blocks_chart(changes, data, fmt)]
    return PageSection(BLOCKS, texts.title, finding, (), charts, (), [texts.limit])


def _block_sums(rows: Sequence[BlockDay]) -> tuple[int, int]:
    return sum(row.blocked for row in rows), sum(row.unblocked for row in rows)


def _blocks_chart(changes: Sequence[Change], data: ReportData, fmt: Formatter) -> PageChart:
    texts = fmt.messages.blocks
    label = fmt.between(texts.label, data.period)
    words = ChangeWords(
        *(label, time_column(data, fmt), texts.blocked, texts.unblocked, texts.net),
        tip=lambda at, on, off: texts.tip.format(when=at, blocked=on, unblocked=off),
    )
    return changes_chart(BLOCKS, words, changes, fmt)


# What it calls


def calls(data: ReportData, fmt: Formatter) -> PageSection:
    """Build the bot's calls by method, and why they failed."""
    texts = fmt.messages.calls
    total = sum(row.calls for row in data.calls)
    failed = Share(sum(row.failed for row in data.calls), total)
    count = fmt.count(total, fmt.messages.nouns.call)
    template = texts.finding if failed.part else texts.all_succeeded
    finding = fmt.sentence(template, calls=count, share=fmt.share(failed))
    reasons = [
        (texts.blocked, sum(row.blocked for row in data.calls)),
        (texts.rate_limited, sum(row.rate_limited for row in data.calls)),
        (texts.unknown, sum(row.unknown for row in data.calls)),
    ]
    details = [
        fmt.sentence(reason, number=fmt.number(number)) for reason, number in reasons if number
    ]
    tables = [_calls_table(data.calls, fmt)]
    return PageSection(CALLS, texts.title, finding, details, (), tables, [texts.limit])


def _calls_table(rows: Sequence[MethodCalls], fmt: Formatter) -> PageTable:
    texts = fmt.messages.calls
    heads = (texts.count, texts.refused, texts.limited, texts.errors, texts.mean)
    columns = [TableColumn(texts.method), *(TableColumn(head, is_number=True) for head in heads)]
    cells: list[list[Cell]] = [
        [UserText(row.method, limit=MAX_NAME), *_call_counts([row], fmt), _mean(row, fmt)]
        for row in rows[:TOP_METHODS]
    ]
    if others := rows[TOP_METHODS:]:
        label = texts.rest.format(number=fmt.number(len(others)))
        cells.append([label, *_call_counts(others, fmt), ""])
    return PageTable("calls-table", texts.caption, columns, cells)


def _call_counts(rows: Sequence[MethodCalls], fmt: Formatter) -> list[str]:
    counts = [(row.calls, row.blocked, row.rate_limited, row.other_errors) for row in rows]
    return [fmt.number(sum(column)) for column in zip(*counts, strict=True)]


def _mean(row: MethodCalls, fmt: Formatter) -> str:
    if row.mean_ms is None:
        return NO_VALUE
    return fmt.messages.calls.milliseconds.format(number=fmt.number(round(row.mean_ms)))
