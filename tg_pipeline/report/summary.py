"""The key figures of a period, and the period in sentences, compared with the previous one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from markupsafe import Markup

from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.messages import Plural
from tg_pipeline.report.models import Headline, ReportData

NO_VALUE: Final = "–"
"""The value of a figure that can't be calculated."""

Value = TypeVar("Value", int, float)


@dataclass(frozen=True, slots=True)
class Kpi:
    """A key figure and its change."""

    title: str
    value: str
    change: str
    trend: str = ""
    """`up`, `down` or empty: the arrow before the change."""


def kpis(data: ReportData, fmt: Formatter) -> list[Kpi]:
    """Return the six key figures, with changes if there is a previous period."""
    texts = fmt.messages.summary
    both = [data.current, *([data.previous] if data.previous else [])]
    return [
        _count_kpi(texts.messages, [each.messages for each in both], fmt),
        _count_kpi(texts.people, [each.users for each in both], fmt),
        _count_kpi(texts.questions, [each.questions for each in both], fmt),
        _measure_kpi(texts.answered_share, [h.answered_share for h in both], fmt.percent, fmt),
        _measure_kpi(texts.median_time, [h.median_seconds for h in both], fmt.duration, fmt),
        _measure_kpi(texts.net_members, [h.members_net for h in both], fmt.signed, fmt),
    ]


def _count_kpi(title: str, values: Sequence[int], fmt: Formatter) -> Kpi:
    """Return a count with its relative change; the second value, if any, is the previous one."""
    texts, current, previous = fmt.messages.summary, values[0], values[-1]
    value = fmt.number(current)
    if len(values) == 1:
        return Kpi(title, value, "")
    if current == previous:
        return Kpi(title, value, texts.unchanged)
    shown, trend = fmt.number(previous), "up" if current > previous else "down"
    if not previous:
        return Kpi(title, value, texts.up.format(previous=shown), trend)
    template = texts.up_by if current > previous else texts.down_by
    percent = fmt.percent(abs(current - previous) / previous)
    return Kpi(title, value, template.format(percent=percent, previous=shown), trend)


def _measure_kpi(
    title: str, values: Sequence[Value | None], write: Callable[[Value], str], fmt: Formatter
) -> Kpi:
    """Return a share, a time or a balance, which have no relative change."""
    texts, current, previous = fmt.messages.summary, values[0], values[-1]
    if current is None:
        return Kpi(title, NO_VALUE, "")
    if len(values) == 1 or previous is None:
        return Kpi(title, write(current), "")
    if write(current) == write(previous):
        return Kpi(title, write(current), texts.unchanged)
    trend, template = ("up", texts.up) if current > previous else ("down", texts.down)
    return Kpi(title, write(current), template.format(previous=write(previous)), trend)


def summary(data: ReportData, fmt: Formatter) -> Markup:
    """Return the period in sentences."""
    sentences = [_lead(data, fmt), *_answers(data.current, fmt), _members(data.current, fmt)]
    return Markup(" ").join([*sentences, _comparison(data, fmt)])


def _lead(data: ReportData, fmt: Formatter) -> Markup:
    nouns, current = fmt.messages.nouns, data.current
    return fmt.sentence(
        fmt.messages.summary.lead,
        days=fmt.count(data.period.days, nouns.day),
        people=fmt.count(current.users, nouns.active_person),
        messages=fmt.count(current.messages, nouns.message),
        questions=fmt.count(current.questions, nouns.question),
    )


def _answers(current: Headline, fmt: Formatter) -> list[Markup]:
    texts = fmt.messages.summary
    if current.answered_share is None or current.replied_share is None:
        return []
    if current.median_seconds is None:
        return [fmt.sentence(texts.none_answered)]
    share, replied = fmt.percent(current.answered_share), fmt.percent(current.replied_share)
    median = fmt.duration(current.median_seconds)
    return [fmt.sentence(texts.answered, share=share, replied=replied, median=median)]


def _members(current: Headline, fmt: Formatter) -> Markup:
    joins, leaves = fmt.number(current.joins), fmt.number(current.leaves)
    return fmt.sentence(fmt.messages.summary.members, joins=joins, leaves=leaves)


def _comparison(data: ReportData, fmt: Formatter) -> Markup:
    texts, nouns = fmt.messages.summary, fmt.messages.nouns
    current, previous, first = data.current, data.previous, data.health.first_day
    if previous is None:
        return fmt.sentence(texts.no_comparison, date=fmt.full_date(first)) if first else Markup("")
    return fmt.sentence(
        texts.compared,
        days=fmt.count(data.period.days, nouns.day),
        span=fmt.span(data.period.previous()),
        messages=_change(current.messages, previous.messages, nouns.message, fmt),
        people=_change(current.users, previous.users, nouns.active_person, fmt),
        questions=_change(current.questions, previous.questions, nouns.question, fmt),
    )


def _change(current: int, previous: int, noun: Plural, fmt: Formatter) -> str:
    texts = fmt.messages.summary
    if current == previous:
        return texts.same.format(things=noun.other)
    if not previous:
        things = noun.form(fmt.locale.plural_form(current))
        return texts.up_from_none.format(number=fmt.number(current), things=things)
    template = texts.more if current > previous else texts.fewer
    percent = fmt.percent(abs(current - previous) / previous)
    return template.format(percent=percent, things=noun.other)
