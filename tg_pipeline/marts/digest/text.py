"""The digest as a message: figures, what was asked most, and what is wrong with the data."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from tg_pipeline.marts.digest.edition import Edition, Kind
from tg_pipeline.marts.digest.quoted import quoted
from tg_pipeline.marts.digest.words import KindWords, digest_words
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.figures import NOTHING, figures
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.user_text import NAME_CHARACTERS
from tg_pipeline.marts.report.words import words_of
from tg_pipeline.telegram.messages import Line, bold, plain

QUESTIONS_SHOWN: Final = 3
COMMANDS_SHOWN: Final = 3
"""A digest is read on a phone; the report has the rest."""

_BLANK: Final[Line] = ()


def kind_words(edition: Edition, say: Speech) -> KindWords:
    """Give the words that are a day's, or a week's."""
    words = digest_words(say)
    return words.day if edition.kind is Kind.DAY else words.week


def digest_text(facts: Facts, edition: Edition, say: Speech) -> list[Line]:
    """Give the message."""
    lines = [(bold(title(edition, say)),), _BLANK]
    if facts.is_empty:
        lines += [(plain(words_of(say).page.nothing_happened),)]
    else:
        lines += [*_figures(facts, say), *_busiest(facts, edition, say), *_commands(facts, say)]
        lines += _with_blank(_questions(facts, say))
    return lines + _with_blank(_notes(facts, say))


def title(edition: Edition, say: Speech) -> str:
    """Give what the digest is about: Wed 7 Oct 2026, or Week 41: 5–11 Oct 2026."""
    return kind_words(edition, say).title.format(week=edition.week, date=_date(edition, say))


def chart_title(edition: Edition, say: Speech) -> str:
    """Give what the chart shows."""
    return kind_words(edition, say).chart.format(date=_date(edition, say))


def _date(edition: Edition, say: Speech) -> str:
    period = edition.period
    is_day = edition.kind is Kind.DAY
    return f"{say.day(period.last)} {period.last.year}" if is_day else say.span(period)


def _figures(facts: Facts, say: Speech) -> Iterator[Line]:
    for figure in figures(facts, say):
        if figure.value != NOTHING:
            change = f" ({figure.change})" if figure.change else ""
            yield (plain(f"{figure.title}: "), bold(figure.value), plain(change))


def _busiest(facts: Facts, edition: Edition, say: Speech) -> Iterator[Line]:
    """Give the hour of a day, or the day of a week, with the most messages; the first of equals."""
    if edition.kind is Kind.DAY:
        counts = {say.hours(row.hour): row.messages for row in facts.hours}
    else:
        counts = {say.day(row.day): row.messages for row in facts.activity}
    when, most = max(counts.items(), key=lambda item: item[1], default=("", 0))
    if most:
        messages = say.count(most, words_of(say).nouns.message)
        yield (plain(kind_words(edition, say).busiest), bold(when), plain(f" ({messages})"))


def _commands(facts: Facts, say: Speech) -> Iterator[Line]:
    line: Line = (plain(f"{words_of(say).commands.title}: "),)
    for place, tally in enumerate(facts.commands[:COMMANDS_SHOWN]):
        name = quoted(f"/{tally.name}", NAME_CHARACTERS)
        line += (plain(", " if place else ""), name, plain(f" {say.number(tally.count)}"))
    if facts.commands:
        yield line


def _questions(facts: Facts, say: Speech) -> Iterator[Line]:
    named = ((row.name, row.questions) for row in facts.questions if row.name is not None)
    for place, (name, count) in enumerate(islice(named, QUESTIONS_SHOWN), start=1):
        if place == 1:
            yield (bold(digest_words(say).asked_most),)
        times = say.count(count, words_of(say).nouns.time)
        yield (plain(f"{place}. "), quoted(name), plain(f" – {times}"))


def _notes(facts: Facts, say: Speech) -> Iterator[Line]:
    """Say what the numbers lack, and what they can't be compared with."""
    words, nouns, health = words_of(say), words_of(say).nouns, facts.health
    if any(day.is_late for day in health.days):
        yield (plain(digest_words(say).late),)
    if health.missing_updates:
        lost = say.count(health.missing_updates, nouns.update)
        yield (plain(words.health.lost.format(updates=lost)),)
    if unreadable := sum(day.quarantined for day in health.days):
        lines = say.count(unreadable, nouns.line)
        yield (plain(digest_words(say).unreadable.format(lines=lines)),)
    if health.first_day and health.first_day > facts.period.before().first:
        since = say.full_date(health.first_day)
        yield (plain(words.summary.no_comparison.format(date=since)),)


def _with_blank(lines: Iterator[Line]) -> list[Line]:
    """Give lines with a blank one before them, if there are any."""
    found = list(lines)
    return [_BLANK, *found] if found else []
