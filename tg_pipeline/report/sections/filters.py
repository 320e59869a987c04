"""The filters of the overview, and what the page's script reads: the facts and the texts."""

from datetime import timedelta
from typing import Any, Final

import msgspec

from tg_pipeline.report.facts import NONE, Facts
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import Period
from tg_pipeline.report.page import Cell, FilterOption, OverviewFilter
from tg_pipeline.report.sanitize import MAX_NAME, UserText
from tg_pipeline.report.sections.overview import answered_places, week_name

LAST_DAYS: Final = 7
"""The shortest period that has each weekday once."""

_SUMMARY: Final = ("before", "up", "down", "unknown", "placebo", "too_few")
_PAGE: Final = ("cases", "no_name", "incomplete")
_HOURS: Final = ("finding", "nothing", "range", "weekdays")
_NOUNS: Final = (
    *("message", "question", "issue", "person", "day", "time"),
    *("other_hour", "other_topic", "other_person"),
)
"""The texts that the script needs besides those of the overview."""


def script_data(
    facts: Facts, period: Period, last_over: int, fmt: Formatter, *, has_texts: bool
) -> dict[str, Any]:
    """Return the data as JSON has it; the same facts always have the same bytes."""
    return {
        "first": facts.number(period.first),
        "last": facts.number(period.last),
        "lastOver": last_over,
        "monday": -facts.first.weekday(),
        "weeks": _weeks(facts, period, fmt),
        "spans": {_value(facts, days): fmt.span(days) for days, _ in _periods(period, fmt)},
        "hasTexts": has_texts,
        "answeredPlaces": answered_places(facts),
        "messages": _columns(facts.messages),
        "peopleDays": _columns(facts.people_days),
        "questions": _columns(facts.questions),
        "issues": _columns(facts.issues),
        "smallTalk": _columns(facts.small_talk),
        "placebos": _columns(facts.placebos),
        "chats": [[chat.name, chat.since] for chat in facts.chats],
        "privateChat": facts.private_chat,
        "otherChats": facts.other_chats,
        "people": list(facts.people),
        "topics": _texts(facts.topics),
        "groups": _texts(facts.groups),
        "wordings": _texts(facts.wordings),
        "locale": fmt.messages.locale,
        "texts": _messages(fmt),
    }


def overview_filters(
    facts: Facts, period: Period, chats: list[tuple[int, Cell]], fmt: Formatter
) -> list[OverviewFilter]:
    """Return the lists to select a period, a chat and a person from, if there are several."""
    texts = fmt.messages.overview
    everything = FilterOption(str(NONE), texts.all_chats)
    chat_options = [FilterOption(str(place), name) for place, name in chats]
    everybody = FilterOption(str(NONE), texts.all_people)
    people = [
        FilterOption(str(place), UserText(name, limit=MAX_NAME))
        for place, name in enumerate(facts.people)
        if name
    ]
    periods = [FilterOption(_value(facts, days), name) for days, name in _periods(period, fmt)]
    filters = [
        OverviewFilter("period", texts.period, periods),
        OverviewFilter("chat", texts.chat, [everything, *chat_options]),
        OverviewFilter("person", texts.person, [everybody, *people]),
    ]
    return [each for each in filters if len(each.options) > 2]  # noqa: PLR2004 - all, and two


def _periods(period: Period, fmt: Formatter) -> list[tuple[Period, str]]:
    """Return the whole period, its last days, and its weeks, the newest first, with their names."""
    texts = fmt.messages.overview
    chosen = [(period, texts.all_days)]
    if period.days > LAST_DAYS:
        label = texts.last_days.format(days=fmt.number(LAST_DAYS))
        chosen.append((Period.ending(period.last, LAST_DAYS), label))
    for monday in reversed(period.weeks()):
        week = Period(max(monday, period.first), min(monday + timedelta(days=6), period.last))
        date = week_name(monday, period.last.year, fmt)
        chosen.append((week, texts.week_of.format(date=date)))
    return chosen


def _value(facts: Facts, days: Period) -> str:
    return f"{facts.number(days.first)},{facts.number(days.last)}"


def _weeks(facts: Facts, period: Period, fmt: Formatter) -> list[str]:
    """Return the names of all weeks since the first day of the facts."""
    mondays = Period(facts.first, period.last).weeks()
    return [week_name(monday, period.last.year, fmt) for monday in mondays]


def _columns(rows: Any) -> list[list[int]]:
    """Return rows as columns, which compress better."""
    return [list(map(int, column)) for column in zip(*rows, strict=True)]


def _texts(texts: Any) -> list[list[Any]]:
    """Return texts as columns."""
    return [list(column) for column in zip(*texts, strict=True)]


def _messages(fmt: Formatter) -> dict[str, Any]:
    messages = fmt.messages
    overview: dict[str, Any] = msgspec.to_builtins(messages.overview)
    nouns = msgspec.to_builtins(messages.nouns)
    return overview | {
        "nouns": {name: nouns[name] for name in _NOUNS},
        **{name: getattr(messages.summary, name) for name in _SUMMARY},
        "no_difference_placebo": messages.summary.no_difference,
        "page": {name: getattr(messages.page, name) for name in _PAGE},
        "hour": {name: getattr(messages.hours, name) for name in _HOURS},
        "noTexts": messages.questions.no_texts,
    }
