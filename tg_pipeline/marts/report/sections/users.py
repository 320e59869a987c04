"""Who does most."""

from typing import Final

from tg_pipeline.marts.report.cells import Bar, Cell
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.parts import Column, Section, Table
from tg_pipeline.marts.report.rows import ActiveUser
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.user_text import NAME_CHARACTERS, UserText
from tg_pipeline.marts.report.words import words_of

NAME: Final = "people"
SHOWN: Final = 10


def section(facts: Facts, say: Speech) -> Section:
    """Give the people that write most."""
    words = words_of(say).users
    total = facts.people_messages
    if not facts.users or not total:
        return Section(NAME, words.title, words.nothing, limits=[words.limit])
    shown = facts.users[:SHOWN]
    finding = say.sentence(
        words.finding,
        number=say.number(len(shown)),
        share=say.percent(sum(user.messages for user in shown) / total),
    )
    table = _table(shown, say)
    return Section(NAME, words.title, finding, tables=[table], limits=[words.limit])


def _table(users: list[ActiveUser], say: Speech) -> Table:
    words = words_of(say).users
    columns = [
        Column(words.name),
        Column(words.messages, is_number=True),
        Column(words.days, is_number=True),
        Column(words_of(say).page.bar, is_unseen=True),
    ]
    most = users[0].messages or 1
    rows: list[list[Cell]] = [
        [
            UserText(user.name, most=NAME_CHARACTERS) if user.name else words_of(say).page.somebody,
            say.number(user.messages),
            say.number(user.days),
            Bar(user.messages / most),
        ]
        for user in users
    ]
    return Table("people-table", words.caption, columns, rows)
