"""The digest: a day or a week as a chat message and a chart."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from tg_pipeline.report.formatting import NO_VALUE, Formatter
from tg_pipeline.report.messages import DigestKindMessages
from tg_pipeline.report.models import DigestKind, DigestPeriod, ReportData
from tg_pipeline.report.sanitize import ISOLATED, MAX_NAME, MAX_TEXT, shorten, to_line
from tg_pipeline.report.summary import SEPARATOR, kpis
from tg_pipeline.telegram.messages import ELLIPSIS, Line, Lines, Run, bold, code, plain

QUESTIONS_SHOWN: Final = 3
COMMANDS_SHOWN: Final = 3
"""A digest is read on a phone; the report has the rest."""

_BLANK: Final[Line] = ()

_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
"""Bidirectional classes that reorder the numbers after them. https://unicode.org/reports/tr9/."""


@dataclass(frozen=True, slots=True)
class Digest:
    """The two messages of a digest."""

    period: DigestPeriod
    text: Lines
    png: bytes
    caption: Lines


def render_digest(
    data: ReportData, previous: ReportData | None, period: DigestPeriod, fmt: Formatter
) -> Digest:
    """Render the digest of a period; `previous` is the period before, None if it is unknown."""
    # The chart libraries take a second to import, so only code that draws imports them.
    from tg_pipeline.report.drawing.digest_chart import digest_bars, render_png  # noqa: PLC0415

    texts, heading = _kind_messages(period, fmt), chart_title(period, fmt)
    legend = texts.legend if previous else ""
    bars = digest_bars(data, previous, period, fmt)
    return Digest(
        period=period,
        text=digest_text(data, period, fmt),
        png=render_png(bars, heading, legend, fmt),
        caption=[(plain(heading),)],
    )


def digest_text(data: ReportData, period: DigestPeriod, fmt: Formatter) -> list[Line]:
    """Return the text: key figures, frequent questions, and what the data lacks."""
    lines = [(bold(_title(period, fmt)),), _BLANK]
    if data.is_empty:
        lines += [(plain(fmt.messages.page.no_activity),)]
    else:
        lines += [*_kpi_lines(data, fmt), *_busiest(data, period, fmt), *_commands(data, fmt)]
        lines += _after_blank(_questions(data, fmt))
    return lines + _after_blank(_notes(data, fmt))


def chart_title(period: DigestPeriod, fmt: Formatter) -> str:
    """Return the title of the chart."""
    return _kind_messages(period, fmt).chart.format(date=_date(period, fmt))


def sanitize_code(text: str, limit: int = MAX_TEXT) -> Run:
    """Return at most `limit` code points of a user's text, as code.

    In code, Telegram recognizes no links, no mentions that would notify somebody, and no commands.
    """
    shown = shorten(to_line(text), limit) or ELLIPSIS
    reorders = any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in shown)
    return code(ISOLATED.format(shown) if reorders else shown)


def _kind_messages(period: DigestPeriod, fmt: Formatter) -> DigestKindMessages:
    texts = fmt.messages.digest
    return texts.day if period.kind is DigestKind.DAY else texts.week


def _title(period: DigestPeriod, fmt: Formatter) -> str:
    """Return the title: Wed, 7 Oct 2026, or Week 41: 5–11 Oct 2026."""
    return _kind_messages(period, fmt).title.format(week=period.week, date=_date(period, fmt))


def _date(period: DigestPeriod, fmt: Formatter) -> str:
    days = period.period
    return fmt.weekday_date(days.last) if period.kind is DigestKind.DAY else fmt.span(days)


def _kpi_lines(data: ReportData, fmt: Formatter) -> Iterator[Line]:
    for kpi in kpis(data, fmt):
        details = SEPARATOR.join(filter(None, [kpi.change, kpi.note]))
        if details or kpi.value != NO_VALUE:
            yield (plain(f"{kpi.title}: "), bold(kpi.value), plain(f" ({details})" * bool(details)))


def _busiest(data: ReportData, period: DigestPeriod, fmt: Formatter) -> Iterator[Line]:
    """Return the busiest hour of a day, or day of a week; the first on ties."""
    if period.kind is DigestKind.DAY:
        counts = {fmt.hours(row.hour): row.messages for row in data.hours}
    else:
        counts = {fmt.day(row.day): row.messages for row in data.activity}
    when, most = max(counts.items(), key=lambda item: item[1], default=("", 0))
    if most:
        messages = fmt.count(most, fmt.messages.nouns.message)
        label = _kind_messages(period, fmt).busiest
        yield (plain(f"{label}: "), bold(when), plain(f" ({messages})"))


def _commands(data: ReportData, fmt: Formatter) -> Iterator[Line]:
    line: Line = (plain(f"{fmt.messages.commands.title}: "),)
    for place, row in enumerate(data.commands[:COMMANDS_SHOWN]):
        name = sanitize_code(f"/{row.name}", MAX_NAME)
        line += (plain(", " if place else ""), name, plain(f" {fmt.number(row.count)}"))
    if data.commands:
        yield line


def _questions(data: ReportData, fmt: Formatter) -> Iterator[Line]:
    named = ((row.name, row.questions) for row in data.questions if row.name is not None)
    for place, (name, count) in enumerate(islice(named, QUESTIONS_SHOWN), start=1):
        if place == 1:
            yield (bold(fmt.messages.digest.asked_most),)
        times = fmt.count(count, fmt.messages.nouns.time)
        yield (plain(f"{place}. "), sanitize_code(name), plain(f" – {times}"))


def _notes(data: ReportData, fmt: Formatter) -> Iterator[Line]:
    """Return what the figures lack, and why there is no comparison."""
    texts, nouns, health = fmt.messages, fmt.messages.nouns, data.health
    if any(day.is_late for day in health.days):
        yield (plain(texts.digest.late),)
    if health.missing_updates:
        lost = fmt.count(health.missing_updates, nouns.update)
        yield (plain(texts.health.lost.format(updates=lost)),)
    if unreadable := sum(day.quarantined for day in health.days):
        lines = fmt.count(unreadable, nouns.line)
        yield (plain(texts.digest.unreadable.format(lines=lines)),)
    if health.first_day and health.first_day > data.period.previous().first:
        since = fmt.full_date(health.first_day)
        yield (plain(texts.summary.no_comparison.format(date=since)),)


def _after_blank(lines: Iterator[Line]) -> list[Line]:
    """Return the lines after a blank one, if there are any."""
    found = list(lines)
    return [_BLANK, *found] if found else []
