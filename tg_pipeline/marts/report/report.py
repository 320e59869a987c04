"""The whole report: facts in, one HTML file out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.figures import figures
from tg_pipeline.marts.report.language import Language
from tg_pipeline.marts.report.page import Head, Page, html
from tg_pipeline.marts.report.parts import Section
from tg_pipeline.marts.report.privacy import without_names
from tg_pipeline.marts.report.sections import (
    activity,
    answers,
    health,
    hours,
    members,
    questions,
    retention,
    tallies,
    users,
    waits,
)
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.summary import in_words
from tg_pipeline.marts.report.words import words_of

SECTIONS: Final[Mapping[str, Callable[[Facts, Speech], Section]]] = {
    activity.NAME: activity.section,
    hours.NAME: hours.section,
    questions.NAME: questions.section,
    answers.NAME: answers.section,
    waits.NAME: waits.section,
    tallies.COMMANDS: tallies.commands,
    tallies.CONTENT: tallies.content,
    tallies.REACTIONS: tallies.reactions,
    members.NAME: members.section,
    retention.NAME: retention.section,
    users.NAME: users.section,
    health.NAME: health.section,
}
"""What is on the page, in the order in which it is read."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a report is written."""

    language: Language
    hide_names: bool = False
    """Users as numbers."""


def render(facts: Facts | None, options: Options) -> str:
    """Give the report as HTML; None is a lake in which there is nothing."""
    say = Speech(options.language)
    if facts is None:
        return html(_nothing(say), say)
    known = without_names(facts, say) if options.hide_names else facts
    return html(_page(known, say), say)


def sections_of(facts: Facts, say: Speech) -> list[Section]:
    """Give the sections of a report; of a period with nothing only the state of its data."""
    names = [health.NAME] if facts.is_empty else list(SECTIONS)
    return [SECTIONS[name](facts, say) for name in names]


def _page(facts: Facts, say: Speech) -> Page:
    words, span = words_of(say).page, say.span(facts.period)
    lead = _nothing_happened(facts, say) if facts.is_empty else in_words(facts, say)
    head = Head(words.title.format(span=span), span, lead, _source(facts, say))
    shown = [] if facts.is_empty else figures(facts, say)
    return Page(head, shown, sections_of(facts, say))


def _nothing_happened(facts: Facts, say: Speech) -> str:
    words = words_of(say).page
    return words.not_built if facts.health.are_marts_behind else words.nothing_happened


def _source(facts: Facts, say: Speech) -> str:
    words, landed = words_of(say).page, facts.health.last_landed
    zone = words.source.format(zone=facts.zone)
    if landed is None:
        return zone
    return f"{zone} {words.last_landed.format(moment=say.moment(landed))}"


def _nothing(say: Speech) -> Page:
    words = words_of(say).page
    head = Head(words.nothing_landed, words.nothing_landed, words.nothing_landed_lead, "")
    return Page(head, [], [])
