"""What is simply counted: commands, kinds of content, reactions."""

from collections.abc import Sequence
from typing import Final

from tg_pipeline.marts.report.cells import Bar, Cell
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.parts import Column, Section, Table
from tg_pipeline.marts.report.rows import Tally
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.user_text import UserText
from tg_pipeline.marts.report.words import words_of
from tg_pipeline.marts.report.words.tallies import TallyWords

COMMANDS: Final = "commands"
CONTENT: Final = "content"
REACTIONS: Final = "reactions"
SHOWN: Final = 10
CUSTOM: Final = "custom:"
"""How a custom emoji begins; the number behind it says nothing to anyone."""


def commands(facts: Facts, say: Speech) -> Section:
    """Give the commands that the bot is given."""
    tallies = [Tally(f"/{tally.name}", tally.count) for tally in facts.commands]
    return _section(COMMANDS, tallies, words_of(say).commands, say)


def content(facts: Facts, say: Speech) -> Section:
    """Give what messages hold."""
    return _section(CONTENT, facts.content, words_of(say).content, say)


def reactions(facts: Facts, say: Speech) -> Section:
    """Give which reactions people give; custom emoji are one, since all of them are a number."""
    usual = [tally for tally in facts.reactions if not tally.name.startswith(CUSTOM)]
    custom = sum(tally.count for tally in facts.reactions) - sum(tally.count for tally in usual)
    tallies = [*usual, Tally(CUSTOM, custom)] if custom else usual
    by_count = sorted(tallies, key=lambda tally: -tally.count)
    return _section(REACTIONS, by_count, words_of(say).reactions, say)


def _section(name: str, tallies: Sequence[Tally], words: TallyWords, say: Speech) -> Section:
    total = sum(tally.count for tally in tallies)
    if not total:
        return Section(name, words.title, words.nothing, limits=[words.limit])
    first = tallies[0]
    finding = say.sentence(
        words.finding,
        name=_name(first, words),
        times=say.count(first.count, words_of(say).nouns.time),
        share=say.percent(first.count / total),
    )
    table = _table(name, tallies, words, say)
    return Section(name, words.title, finding, tables=[table], limits=[words.limit])


def _name(tally: Tally, words: TallyWords) -> Cell:
    known = words.names.get(tally.name)
    return known or UserText(tally.name)


def _table(name: str, tallies: Sequence[Tally], words: TallyWords, say: Speech) -> Table:
    total = sum(tally.count for tally in tallies)
    columns = [
        Column(words.name),
        Column(words.count, is_number=True),
        Column(words.share, is_number=True),
        Column(words_of(say).page.bar, is_unseen=True),
    ]
    shown, rest = tallies[:SHOWN], tallies[SHOWN:]
    rows: list[list[Cell]] = [
        [
            _name(tally, words),
            say.number(tally.count),
            say.percent(tally.count / total),
            Bar(tally.count / tallies[0].count),
        ]
        for tally in shown
    ]
    if rest:
        left = sum(tally.count for tally in rest)
        others = words.rest.format(number=say.number(len(rest)))
        rows.append([others, say.number(left), say.percent(left / total), ""])
    return Table(f"{name}-table", words.caption, columns, rows)
