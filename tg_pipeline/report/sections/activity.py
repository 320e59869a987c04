"""Activity: messages and people over time, hours of the week, rankings, most active people."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final, TypeAlias

from tg_pipeline.report.drawing.charts import (
    BarRow,
    PointRow,
    TimeBucket,
    day_name,
    group_by_time,
    time_bars,
    time_lines,
)
from tg_pipeline.report.drawing.theme import ACCENT, INK, SECOND
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.messages import CategoryMessages
from tg_pipeline.report.models import ActiveUser, ActivityDay, CategoryCount, ReportData
from tg_pipeline.report.page import (
    BarCell,
    Cell,
    LegendItem,
    PageChart,
    PageSection,
    PageTable,
    TableColumn,
    bucket_name,
    pale_legend,
    time_column,
)
from tg_pipeline.report.sanitize import MAX_NAME, UserText
from tg_pipeline.report.shares import Share

ACTIVITY: Final = "activity"
COMMANDS: Final = "commands"
CONTENT: Final = "content"
REACTIONS: Final = "reactions"
BUTTONS: Final = "buttons"
PEOPLE: Final = "people"

DAY_HOURS: Final = range(24)
WEEKDAYS: Final = range(1, 8)
"""ISO weekdays: 1 is Monday."""

WINDOW: Final = 30
"""Days of the longest window in which active people are counted."""

TOP_CATEGORIES: Final = 10
TOP_PEOPLE: Final = 10

CUSTOM_EMOJI: Final = "custom:"
"""The prefix of a custom emoji; the id after it has no meaning for a reader."""

_Buckets: TypeAlias = list[tuple[TimeBucket, list[ActivityDay]]]


def activity(data: ReportData, fmt: Formatter) -> PageSection:
    """Build messages and active people over time."""
    texts = fmt.messages.activity
    finding, limits = _busiest_day(data, fmt), _activity_limits(data, fmt)
    is_active = any(day.messages or day.users for day in data.activity)
    if not is_active or data.period.days == 1:
        return PageSection(ACTIVITY, texts.title, finding, limits=limits)
    buckets = group_by_time(data.activity, lambda row: row.day, data, fmt)
    charts = [_messages_chart(data, buckets, fmt), _people_chart(data, buckets, fmt)]
    details = _daily_people(data, fmt)
    return PageSection(ACTIVITY, texts.title, finding, details, charts, (), limits)


def commands(data: ReportData, fmt: Formatter) -> PageSection:
    """Build the ranking of commands."""
    counts = [CategoryCount(f"/{row.name}", row.count) for row in data.commands]
    return _ranking(COMMANDS, counts, fmt.messages.commands, fmt)


def content(data: ReportData, fmt: Formatter) -> PageSection:
    """Build the ranking of content types."""
    return _ranking(CONTENT, data.content, fmt.messages.content, fmt)


def buttons(data: ReportData, fmt: Formatter) -> PageSection:
    """Build the ranking of the buttons that were pressed."""
    return _ranking(BUTTONS, data.buttons, fmt.messages.buttons, fmt)


def reactions(data: ReportData, fmt: Formatter) -> PageSection:
    """Build the ranking of reactions, with all custom emoji as one, since each is only an id."""
    standard = [row for row in data.reactions if not row.name.startswith(CUSTOM_EMOJI)]
    custom = sum(row.count for row in data.reactions) - sum(row.count for row in standard)
    counts = [*standard, CategoryCount(CUSTOM_EMOJI, custom)] if custom else standard
    ranked = sorted(counts, key=lambda row: -row.count)
    return _ranking(REACTIONS, ranked, fmt.messages.reactions, fmt)


def people(data: ReportData, fmt: Formatter) -> PageSection:
    """Build the ranking of people by messages."""
    texts = fmt.messages.people
    total = data.people_messages
    if not data.users or not total:
        return PageSection(PEOPLE, texts.title, texts.nothing, limits=[texts.limit])
    top = data.users[:TOP_PEOPLE]
    finding = fmt.sentence(
        texts.finding,
        number=fmt.number(len(top)),
        share=fmt.share(Share(sum(user.messages for user in top), total)),
    )
    tables = [_people_table(top, fmt)]
    return PageSection(PEOPLE, texts.title, finding, tables=tables, limits=[texts.limit])


def _activity_limits(data: ReportData, fmt: Formatter) -> list[str]:
    texts, first_day = fmt.messages.activity, data.health.first_day
    limits = [texts.limit_messages, texts.limit_active, texts.limit]
    if first_day and first_day > data.period.first - timedelta(days=WINDOW - 1):
        limits.append(texts.limit_start.format(date=fmt.full_date(first_day)))
    return limits


def _busiest_day(data: ReportData, fmt: Formatter) -> Cell:
    texts = fmt.messages.activity
    busiest = max(data.activity, key=lambda day: day.messages, default=None)
    if busiest is None or not busiest.messages:
        return texts.nothing
    most = fmt.count(busiest.messages, fmt.messages.nouns.message)
    if data.period.days == 1:
        return fmt.sentence(texts.one_day, most=most, day=fmt.day(busiest.day))
    over = _days_over(data)
    mean = sum(day.messages for day in over) / max(len(over), 1)
    return fmt.sentence(
        texts.finding,
        mean=fmt.mean(mean),
        day=day_name(busiest.day, data.period, fmt),
        most=fmt.number(busiest.messages),
    )


def _daily_people(data: ReportData, fmt: Formatter) -> list[Cell]:
    over = _days_over(data)
    monthly, daily = sum(day.monthly_users for day in over), sum(day.users for day in over)
    if not monthly:
        return []
    days = len(over)
    return [
        fmt.sentence(
            fmt.messages.activity.people,
            daily=fmt.mean(daily / days),
            monthly=fmt.mean(monthly / days),
            share=fmt.percent(daily / monthly),
        )
    ]


def _days_over(data: ReportData) -> list[ActivityDay]:
    """Return the days that are over: another one would lower a mean."""
    return [row for row in data.activity if data.is_complete(row.day, row.day)]


def _messages_chart(data: ReportData, buckets: _Buckets, fmt: Formatter) -> PageChart:
    texts, noun = fmt.messages.activity, fmt.messages.nouns.message
    counts = [(bucket, sum(row.messages for row in rows)) for bucket, rows in buckets]
    bars = [
        BarRow(
            bucket.label,
            count,
            ACCENT,
            0,
            texts.tip.format(when=bucket_name(bucket, fmt), what=fmt.count(count, noun)),
            bucket.fill,
        )
        for bucket, count in counts
    ]
    label = fmt.between(texts.messages_label, data.period)
    columns = [time_column(data, fmt), TableColumn(texts.messages, is_number=True)]
    cells = [[bucket_name(bucket, fmt), fmt.number(count)] for bucket, count in counts]
    numbers = PageTable("activity-numbers", label, columns, cells, is_folded=True)
    legend = pale_legend((bucket for bucket, _ in buckets), fmt)
    return PageChart("activity-messages", label, time_bars(bars), numbers, legend)


def _people_chart(data: ReportData, buckets: _Buckets, fmt: Formatter) -> PageChart:
    texts = fmt.messages.activity
    label = fmt.between(texts.people_label, data.period)
    names = [texts.on_the_day, texts.in_a_week, texts.in_a_month]
    columns = [time_column(data, fmt), *(TableColumn(name, is_number=True) for name in names)]
    rows = [(bucket, _last_day_people(days)) for bucket, days in buckets if days]
    cells = [[bucket_name(bucket, fmt), *map(fmt.number, counts)] for bucket, counts in rows]
    numbers = PageTable("activity-people-numbers", label, columns, cells, is_folded=True)
    points = [point for bucket, counts in rows for point in _points(bucket, counts, names, fmt)]
    styles = ["accent", "second", "ink"]
    legend = [LegendItem(style, name) for style, name in zip(styles, names, strict=True)]
    legend += pale_legend((bucket for bucket, _ in rows), fmt)
    return PageChart("activity-people", label, time_lines(points), numbers, legend)


def _last_day_people(days: Sequence[ActivityDay]) -> tuple[int, int, int]:
    """Return the people of a bucket's last day: trailing windows can't be added up."""
    last = days[-1]
    return last.users, last.weekly_users, last.monthly_users


def _points(
    bucket: TimeBucket, counts: tuple[int, int, int], names: list[str], fmt: Formatter
) -> Iterator[PointRow]:
    texts, noun = fmt.messages.activity, fmt.messages.nouns.person
    for count, name, color in zip(counts, names, [ACCENT, SECOND, INK], strict=True):
        what = f"{fmt.count(count, noun)}, {name}"
        tip = texts.tip.format(when=bucket_name(bucket, fmt), what=what)
        yield PointRow(bucket.label, count, color, tip, bucket.fill)


def _ranking(
    name: str, counts: Sequence[CategoryCount], texts: CategoryMessages, fmt: Formatter
) -> PageSection:
    total = sum(row.count for row in counts)
    if not total:
        return PageSection(name, texts.title, texts.nothing, limits=[texts.limit])
    first = counts[0]
    finding = fmt.sentence(
        texts.finding,
        name=_category(first, texts),
        times=fmt.count(first.count, fmt.messages.nouns.time),
        share=fmt.share(Share(first.count, total)),
    )
    tables = [_ranking_table(name, counts, texts, fmt)]
    return PageSection(name, texts.title, finding, tables=tables, limits=[texts.limit])


def _category(row: CategoryCount, texts: CategoryMessages) -> Cell:
    return texts.names.get(row.name) or UserText(row.name)


def _ranking_table(
    name: str, counts: Sequence[CategoryCount], texts: CategoryMessages, fmt: Formatter
) -> PageTable:
    total = sum(row.count for row in counts)
    columns = [
        TableColumn(texts.name),
        TableColumn(texts.count, is_number=True),
        TableColumn(texts.share, is_number=True),
        TableColumn(fmt.messages.page.bar, is_unseen=True),
    ]
    top, others = counts[:TOP_CATEGORIES], counts[TOP_CATEGORIES:]
    rows: list[list[Cell]] = [
        [
            _category(row, texts),
            fmt.number(row.count),
            fmt.percent(row.count / total),
            BarCell(row.count / counts[0].count),
        ]
        for row in top
    ]
    if others:
        rest = sum(row.count for row in others)
        label = texts.rest.format(number=fmt.number(len(others)))
        rows.append([label, fmt.number(rest), fmt.percent(rest / total), ""])
    return PageTable(f"{name}-table", texts.caption, columns, rows)


def _people_table(users: list[ActiveUser], fmt: Formatter) -> PageTable:
    texts, page = fmt.messages.people, fmt.messages.page
    columns = [
        TableColumn(texts.name),
        TableColumn(texts.messages, is_number=True),
        TableColumn(texts.days, is_number=True),
        TableColumn(page.bar, is_unseen=True),
    ]
    most = users[0].messages or 1
    rows: list[list[Cell]] = [
        [
            UserText(user.name, limit=MAX_NAME) if user.name else page.no_name,
            fmt.number(user.messages),
            fmt.number(user.days),
            BarCell(user.messages / most),
        ]
        for user in users
    ]
    return PageTable("people-table", texts.caption, columns, rows)
