"""Made-up facts of eight weeks: messages, questions and issues in three chats."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from tg_pipeline.report.facts import (
    PRIVATE,
    ChatRow,
    FactRows,
    Facts,
    IssueRow,
    QuestionRow,
    build_facts,
)
from tg_pipeline.report.sanitize import MAX_NAME, shorten, to_line

FIRST = date(2026, 9, 7)
"""The Monday that begins the previous four weeks."""

DAYS = 56
GROUP, FORUM = -100, -200
ANA, MOHAMED, NOBODY = 1, 2, 3
BOT = 7

TEXTS = ("como emito o certificado?", "why is the Athena table empty?", "quando sai a nota?")
TITLES = ("Turma 3", "Fórum")
NAMES = ("Ana Ribeiro", "محمد", None)


def made_facts(
    texts: Sequence[str] = TEXTS,
    titles: Sequence[str] = TITLES,
    names: Sequence[str | None] = NAMES,
) -> Facts:
    """Return facts with these questions, chats and people, each less frequent than the one before.

    In the group, people answer half of the issues after ten minutes, in the forum after an hour,
    and the bot answers in private chats at once.
    """
    chats = [PRIVATE, *(GROUP - 100 * number for number, _ in enumerate(titles))]
    days = [FIRST + timedelta(days=number) for number in range(DAYS)]
    rows = FactRows(
        messages=[
            (day, 24 * day.weekday() + hour, chat, count + day.weekday() % 2)
            for day in days
            for chat in chats
            for hour, count in ((9, 3), (20, 5))
        ],
        people_days=[
            (day, chat, person, 8 - person % 8)
            for day in days
            for chat in chats
            for person, _ in enumerate(names, 1)
        ],
        questions=[row for day in days for row in _questions(day, chats, texts, len(names))],
        issues=[row for day in days for row in _issues(day, chats, len(names))],
        small_talk=[
            (day, chats[number % len(chats)], number % len(names) + 1, 2)
            for number, day in enumerate(days)
        ],
        placebos=[(day, chat, 10, 5, 10, 2) for day in days for chat in chats[1:]],
        chats=[
            ChatRow(PRIVATE, None, FIRST),
            *(ChatRow(chat, title, FIRST) for chat, title in zip(chats[1:], titles, strict=True)),
        ],
    )
    facts = build_facts(rows, FIRST)
    shown = [name and shorten(to_line(name), MAX_NAME) for name in names]
    return replace(facts, people=[shown[person - 1] for person in facts.people_ids])


def tied_facts() -> Facts:
    """Return facts with one question on each topic on the last days, by another person each."""
    facts = made_facts()
    last = {row.wording: row for row in facts.questions}
    asked = [row._replace(person=place) for place, row in enumerate(last.values())]
    return replace(facts, questions=asked)


def _questions(
    day: date, chats: Sequence[int], texts: Sequence[str], people: int
) -> Iterator[QuestionRow]:
    """Yield the questions of a day: each text is a topic, asked less often than the one before."""
    number = (day - FIRST).days
    for place, text in enumerate(texts):
        if number % (place + 1) == 0:
            chat, person = chats[number % len(chats)], number % people + 1
            slot = 24 * day.weekday() + 9
            asked = (place, text, place, text, text, "pt")
            yield QuestionRow(day, slot, chat, person, BOT, *asked)


def _issues(day: date, chats: Sequence[int], people: int) -> Iterator[IssueRow]:
    number = (day - FIRST).days
    for place, chat in enumerate(chats):
        person = (number + place) % people + 1
        is_private = chat == PRIVATE
        answer = ("bot", 1) if is_private else ("people", 600 if chat == GROUP else 3_600)
        issue = IssueRow(
            day=day,
            chat=chat,
            person=person,
            bot_id=BOT,
            topic_id=0,
            is_private=is_private,
            outcome=answer[0],
            is_asked_again=place == number % 9,
            seconds=answer[1],
        )
        yield issue
        yield issue._replace(topic_id=1, outcome="unanswered", seconds=None)
