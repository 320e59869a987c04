"""The key figures of a period, compared with the previous one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tg_pipeline.report.formatting import NO_VALUE, Formatter
from tg_pipeline.report.models import Headline, ReportData
from tg_pipeline.report.shares import Comparison

SEPARATOR: Final = "; "


@dataclass(frozen=True, slots=True)
class Kpi:
    """A key figure and its change."""

    title: str
    value: str
    change: str = ""
    trend: str = ""
    """`up`, `down` or empty: the arrow before the change."""
    note: str = ""
    """What the figure has to be read with."""


def totals(data: ReportData, fmt: Formatter) -> list[Kpi]:
    """Return what was counted in the period, with changes if there is a previous period."""
    texts = fmt.messages.summary
    both = [data.current, *([data.previous] if data.previous else [])]
    return [
        _count_kpi(texts.messages, [each.messages for each in both], fmt),
        _count_kpi(texts.people, [each.users for each in both], fmt),
        _count_kpi(texts.questions, [each.questions for each in both], fmt),
        _balance_kpi(texts.net_members, [each.members_net for each in both], fmt),
    ]


def kpis(data: ReportData, fmt: Formatter) -> list[Kpi]:
    """Return the key figures, with changes if there is a previous period.

    What the bot itself answered in private chats is counted apart from what others answered.
    """
    both = [data.current, *([data.previous] if data.previous else [])]
    *counts, members = totals(data, fmt)
    return [
        *counts,
        *(_bot_kpis(both, fmt) if data.has_private_issues else []),
        *([_answered_kpi(both, fmt), _wait_kpi(both, fmt)] if data.has_other_issues else []),
        members,
    ]


def _count_kpi(title: str, values: Sequence[int], fmt: Formatter) -> Kpi:
    """Return a count with its relative change; the second value, if any, is the previous one."""
    texts, current, previous = fmt.messages.summary, values[0], values[-1]
    value = fmt.number(current)
    if len(values) == 1:
        return Kpi(title, value)
    if current == previous:
        return Kpi(title, value, texts.unchanged)
    shown, trend = fmt.number(previous), "up" if current > previous else "down"
    if not previous:
        return Kpi(title, value, texts.up.format(previous=shown), trend)
    template = texts.up_by if current > previous else texts.down_by
    percent = fmt.percent(abs(current - previous) / previous)
    return Kpi(title, value, template.format(percent=percent, previous=shown), trend)


def _balance_kpi(title: str, values: Sequence[int], fmt: Formatter) -> Kpi:
    """Return a balance, which has no relative change."""
    texts, current, previous = fmt.messages.summary, values[0], values[-1]
    if len(values) == 1:
        return Kpi(title, fmt.signed(current))
    if current == previous:
        return Kpi(title, fmt.signed(current), texts.unchanged)
    trend, template = ("up", texts.up) if current > previous else ("down", texts.down)
    return Kpi(title, fmt.signed(current), template.format(previous=fmt.signed(previous)), trend)


def _answered_kpi(both: Sequence[Headline], fmt: Formatter) -> Kpi:
    """Return the share of answered issues; an arrow only for a change beyond chance."""
    texts = fmt.messages.summary
    current, previous = both[0], both[1] if len(both) > 1 else None
    answered, test = current.answered, current.answered_test
    if answered.value is None:
        return Kpi(texts.answered_share, NO_VALUE)
    found = _Found(
        fmt.percent(answered.value),
        fmt.cases(answered) if answered.has_few_cases else "",
        fmt.share(test.placebo),
    )
    kpi = _rule_kpi(texts.answered_share, found, test, fmt, is_clear=test.is_distinct)
    unknown = texts.unknown.format(share=fmt.percent(current.unknown.value or 0))
    kpi = replace(kpi, note=f"{kpi.note}{SEPARATOR}{unknown}")
    if previous is None or not (test.is_distinct and previous.answered_test.is_distinct):
        return kpi
    change = Comparison(answered, previous.answered)
    before = fmt.share(previous.answered)
    if not change.is_distinct:
        return replace(kpi, change=texts.before.format(previous=before))
    trend, template = ("up", texts.up) if change.is_higher else ("down", texts.down)
    return replace(kpi, change=template.format(previous=before), trend=trend)


def _wait_kpi(both: Sequence[Headline], fmt: Formatter) -> Kpi:
    """Return the median response time; without an arrow, since medians of few cases jump."""
    texts, current = fmt.messages.summary, both[0]
    median, placebo = current.issues.median_seconds, current.placebo.median_seconds
    if median is None:
        return Kpi(texts.median_time, NO_VALUE)
    answers = fmt.count(current.issues.answered, fmt.messages.nouns.answer)
    found = _Found(
        fmt.duration(median),
        answers if current.thanked.has_few_cases else "",
        NO_VALUE if placebo is None else fmt.duration(placebo),
    )
    test, is_clear = current.wait_test, current.has_clear_waits
    kpi = _rule_kpi(texts.median_time, found, test, fmt, is_clear=is_clear)
    previous = both[-1].issues.median_seconds
    is_compared = len(both) > 1 and all(each.has_clear_waits for each in both)
    if not is_compared or previous is None:
        return kpi
    return replace(kpi, change=texts.before.format(previous=fmt.duration(previous)))


def _bot_kpis(both: Sequence[Headline], fmt: Formatter) -> list[Kpi]:
    """Return the share of issues that the bot answered for good, and its median response time."""
    texts, current, previous = fmt.messages.summary, both[0].private, both[-1].private
    fallback = texts.fallback_note.format(share=fmt.share(current.fallback_share))
    cases = fmt.cases(current.contained_share)
    contained = Kpi(
        texts.contained_share,
        fmt.percent(current.contained_share.value or 0),
        note=SEPARATOR.join([cases, fallback] if current.fallback_share.whole else [cases]),
    )
    median = current.median_seconds
    wait = Kpi(texts.bot_median_time, NO_VALUE if median is None else fmt.duration(median))
    if len(both) == 1 or not previous.seen:
        return [contained, wait]
    change = Comparison(current.contained_share, previous.contained_share)
    before = fmt.share(previous.contained_share)
    trend, template = "", texts.before
    if change.is_distinct:
        trend, template = ("up", texts.up) if change.is_higher else ("down", texts.down)
    contained = replace(contained, change=template.format(previous=before), trend=trend)
    if previous.median_seconds is not None:
        then = fmt.duration(previous.median_seconds)
        wait = replace(wait, change=texts.before.format(previous=then))
    return [contained, wait]


@dataclass(frozen=True, slots=True)
class _Found:
    """A figure that a rule found, as text."""

    value: str
    cases: str
    """The number of cases if there are few."""
    placebo: str


def _rule_kpi(
    title: str, found: _Found, test: Comparison, fmt: Formatter, *, is_clear: bool
) -> Kpi:
    """Return a figure found by a rule, with its placebo; without a value if that is not clear."""
    texts = fmt.messages.summary
    if is_clear:
        notes = [found.cases, texts.placebo.format(figure=found.placebo)]
        return Kpi(title, found.value, note=SEPARATOR.join(filter(None, notes)))
    figure = f"{found.value} ({found.cases})" if found.cases else found.value
    template = texts.no_difference if test.has_enough_cases else texts.too_few
    return Kpi(title, NO_VALUE, note=template.format(figure=figure, placebo=found.placebo))
