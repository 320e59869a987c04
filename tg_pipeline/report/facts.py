"""Facts of the overview: what was written, asked and answered, by day, hour, chat and person.

The overview is computed from them, by Python for the whole period and by the page's script for what
a reader selects. Chats, people, topics, groups and wordings are numbers, the most frequent first,
so the same data has the same bytes.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, NamedTuple, TypeAlias, TypeVar

from tg_pipeline.report.sanitize import MAX_NAME, mask_mentions, shorten, to_line

MAX_ROWS: Final = 50_000
"""Rows of facts up to which a page has filters: some 300 kB, compressed."""

MAX_CHATS: Final = 100
"""Chats that are counted by themselves; the others are counted as one."""

MAX_PEOPLE: Final = 200
"""People whose names are kept, and who can be selected."""

MAX_WORDINGS: Final = 3_000
"""Different texts of questions that are kept."""

MAX_QUESTION: Final = 120
"""Code points of a question that are kept."""

PRIVATE: Final = 0
"""All private chats, in the queries: no chat has this id."""

NONE: Final = -1
"""An unknown person, no topic, no answer."""

OUTCOMES: Final = ("bot", "people", "unanswered", "unknown", "unseen", "fallback")
"""Who answered an issue, or why it is not answered; a fact has the place of its outcome."""


class HourFact(NamedTuple):
    """The messages of an hour in a chat."""

    day: int
    """Days since the first day of the facts."""
    slot: int
    """The hour of the week: 0 is Monday from midnight to one."""
    chat: int
    messages: int


class PersonDayFact(NamedTuple):
    """What an active person wrote on a day in a chat."""

    day: int
    chat: int
    person: int
    messages: int


class QuestionFact(NamedTuple):
    """A question."""

    day: int
    slot: int
    chat: int
    person: int
    wording: int


class IssueFact(NamedTuple):
    """An issue, on the day on which it was opened."""

    day: int
    chat: int
    person: int
    topic: int
    is_private: bool
    """Whether it is in a private chat with the bot, where only the bot answers."""
    outcome: int
    is_asked_again: bool
    seconds: int
    """From the first question to the answer; NONE without one."""


class SmallTalkFact(NamedTuple):
    """The greetings, thanks and other small talk of a person to the bot, on a day in a chat."""

    day: int
    chat: int
    person: int
    messages: int


class PlaceboFact(NamedTuple):
    """What the rule for answers finds on a day in a chat, outside of private chats with the bot."""

    day: int
    chat: int
    singles: int
    """Questions, each by itself."""
    answered_singles: int
    placebos: int
    """Messages that are not questions."""
    answered_placebos: int


class ChatFact(NamedTuple):
    """A chat, or several that are counted as one."""

    name: str | None
    since: int
    """The day on which it was first seen."""


class Text(NamedTuple):
    """The name of a topic or a group, or a wording; None if it is not kept."""

    text: str | None
    language: str | None
    group: int = NONE
    topic: int = NONE
    """Those of a wording; a group or a topic has NONE."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a period and, as far as the data goes back, of the previous one."""

    first: date
    messages: Sequence[HourFact] = ()
    people_days: Sequence[PersonDayFact] = ()
    questions: Sequence[QuestionFact] = ()
    issues: Sequence[IssueFact] = ()
    small_talk: Sequence[SmallTalkFact] = ()
    placebos: Sequence[PlaceboFact] = ()
    chats: Sequence[ChatFact] = ()
    private_chat: int = NONE
    """The place of all private chats in `chats`."""
    other_chats: int = NONE
    """The place of the chats beyond MAX_CHATS in `chats`."""
    people: Sequence[str | None] = ()
    """The names of those who asked most, and then of those who wrote most."""
    people_ids: Sequence[int] = ()
    """Their ids. Facts have more people, without names, if there are more than MAX_PEOPLE."""
    topics: Sequence[Text] = ()
    groups: Sequence[Text] = ()
    wordings: Sequence[Text] = ()

    @property
    def can_be_filtered(self) -> bool:
        """Whether there are few enough facts for a page to have filters."""
        tables = (
            *(self.messages, self.people_days, self.questions),
            *(self.issues, self.small_talk, self.placebos),
        )
        return sum(map(len, tables)) <= MAX_ROWS

    def without_names(self, people: Sequence[str]) -> "Facts":
        """Return the facts with other names of people, and without @usernames in questions."""
        return replace(
            self,
            people=people,
            topics=list(map(_masked, self.topics)),
            groups=list(map(_masked, self.groups)),
            wordings=list(map(_masked, self.wordings)),
        )

    def number(self, day: date) -> int:
        """Return the number of a day."""
        return (day - self.first).days

    def day(self, number: int) -> date:
        """Return the day with a number."""
        return self.first + timedelta(days=number)


class QuestionRow(NamedTuple):
    """A row of the query of questions."""

    day: date
    slot: int
    chat: int
    person: int | None
    bot_id: int
    topic_id: int
    topic_name: str | None
    group_id: int
    group_name: str | None
    text: str
    language: str | None

    @property
    def topic(self) -> tuple[int, int] | None:
        """The key of the topic; None without one."""
        return None if self.topic_id < 0 else (self.bot_id, self.topic_id)

    @property
    def group(self) -> tuple[int, int] | None:
        """The key of the group; None without one."""
        return None if self.group_id < 0 else (self.bot_id, self.group_id)


class IssueRow(NamedTuple):
    """A row of the query of issues."""

    day: date
    chat: int
    person: int | None
    bot_id: int
    topic_id: int | None
    is_private: bool
    outcome: str
    is_asked_again: bool
    seconds: int | None


class ChatRow(NamedTuple):
    """A row of the query of chats."""

    chat: int
    title: str | None
    first_seen_on: date


@dataclass(frozen=True, slots=True)
class FactRows:
    """The rows of the queries."""

    messages: Sequence[tuple[date, int, int, int]] = ()
    people_days: Sequence[tuple[date, int, int, int]] = ()
    questions: Sequence[QuestionRow] = ()
    issues: Sequence[IssueRow] = ()
    small_talk: Sequence[tuple[date, int, int | None, int]] = ()
    placebos: Sequence[tuple[date, int, int, int, int, int]] = ()
    chats: Sequence[ChatRow] = ()


def build_facts(rows: FactRows, first: date) -> Facts:
    """Build the facts, with people by their ids only; `first` is their first day."""
    places = _Places(rows, first)
    return Facts(
        first=first,
        messages=[
            HourFact(places.day(day), slot, places.chat(chat), count)
            for day, slot, chat, count in rows.messages
        ],
        people_days=[
            PersonDayFact(places.day(day), places.chat(chat), places.people[person], count)
            for day, chat, person, count in rows.people_days
        ],
        questions=places.questions(rows.questions),
        issues=[places.issue(row) for row in rows.issues],
        small_talk=[
            SmallTalkFact(places.day(day), places.chat(chat), places.person(person), count)
            for day, chat, person, count in rows.small_talk
        ],
        placebos=[
            PlaceboFact(places.day(day), places.chat(chat), *counts)
            for day, chat, *counts in rows.placebos
        ],
        chats=places.named_chats(rows.chats),
        private_chat=places.chats.get(PRIVATE, NONE),
        other_chats=MAX_CHATS if len(places.chats) > MAX_CHATS else NONE,
        people_ids=[person for person in places.people if person is not None][:MAX_PEOPLE],
        topics=places.named_topics(rows.questions),
        groups=places.named_groups(rows.questions),
        wordings=places.texts(rows.questions),
    )


def _masked(text: Text) -> Text:
    return text._replace(text=mask_mentions(text.text)) if text.text else text


def _line(text: str | None) -> str | None:
    return None if text is None else shorten(to_line(text), MAX_QUESTION)


class _Places:
    """The places of chats, people, topics, groups and wordings, the most frequent first."""

    def __init__(self, rows: FactRows, first: date) -> None:
        self._first: Final = first
        written: Counter[int] = Counter()
        for _, _, chat, count in rows.messages:
            written[chat] += count
        asked = Counter(row.chat for row in rows.questions)
        seen = {*written, *asked, *(row.chat for row in rows.issues)}
        for table in (rows.people_days, rows.small_talk, rows.placebos):
            seen |= {chat for _, chat, *_ in table}
        ranked = sorted(seen, key=lambda chat: (-written[chat], -asked[chat], chat))
        self.chats: Final = {chat: place for place, chat in enumerate(ranked)}
        self.people: Final = _rank_people(rows)
        self._topics_of: Final = _by_name((row.topic, row.topic_name) for row in rows.questions)
        self._groups_of: Final = _by_name((row.group, row.group_name) for row in rows.questions)
        self.topics: Final = _rank(self._topics_of.get(row.topic) for row in rows.questions)
        self.groups: Final = _rank(self._groups_of.get(row.group) for row in rows.questions)
        # To make a line of a text takes long, so each is made once.
        self._wording_of: Final = [self._wording(row) for row in rows.questions]
        self.wordings: Final = _rank(self._wording_of)

    def day(self, day: date) -> int:
        return (day - self._first).days

    def chat(self, chat: int) -> int:
        return min(self.chats[chat], MAX_CHATS)

    def person(self, person: int | None) -> int:
        return NONE if person is None else self.people[person]

    def questions(self, rows: Sequence[QuestionRow]) -> list[QuestionFact]:
        return [
            QuestionFact(
                day=self.day(row.day),
                slot=row.slot,
                chat=self.chat(row.chat),
                person=self.person(row.person),
                wording=self.wordings[wording],
            )
            for row, wording in zip(rows, self._wording_of, strict=True)
        ]

    def issue(self, row: IssueRow) -> IssueFact:
        return IssueFact(
            day=self.day(row.day),
            chat=self.chat(row.chat),
            person=self.person(row.person),
            topic=NONE if row.topic_id is None else self._topic((row.bot_id, row.topic_id)),
            is_private=row.is_private,
            outcome=OUTCOMES.index(row.outcome),
            is_asked_again=row.is_asked_again,
            seconds=NONE if row.seconds is None else row.seconds,
        )

    def named_chats(self, rows: Iterable[ChatRow]) -> list[ChatFact]:
        since = {row.chat: self.day(row.first_seen_on) for row in rows}
        names = {row.chat: row.title and shorten(to_line(row.title), MAX_NAME) for row in rows}
        chats = [ChatFact(names.get(chat), since.get(chat, 0)) for chat in self.chats]
        others = chats[MAX_CHATS:]
        merged = [ChatFact(None, min(chat.since for chat in others))] if others else []
        return chats[:MAX_CHATS] + merged

    def named_topics(self, rows: Iterable[QuestionRow]) -> list[Text]:
        of = self._topics_of
        named = Counter((of.get(row.topic), row.topic_name, row.language) for row in rows)
        return _named(self.topics, named)

    def named_groups(self, rows: Iterable[QuestionRow]) -> list[Text]:
        of = self._groups_of
        named = Counter((of.get(row.group), row.group_name, row.language) for row in rows)
        return _named(self.groups, named)

    def texts(self, rows: Sequence[QuestionRow]) -> list[Text]:
        asked_in = (row.language for row in rows)
        languages = dict(zip(self._wording_of, asked_in, strict=True))
        texts = []
        for wording, place in self.wordings.items():
            topic, group, text = wording
            found = Text(text, languages[wording], group, topic)
            texts.append(found if place < MAX_WORDINGS else found._replace(text=None))
        return texts

    def _wording(self, row: QuestionRow) -> "_Wording":
        found = self._groups_of.get(row.group)
        group = NONE if found is None else self.groups[found]
        return self._topic(row.topic), group, _line(row.text) or ""

    def _topic(self, number: "_Number | None") -> int:
        found = self._topics_of.get(number)
        return NONE if found is None else self.topics[found]


_Number: TypeAlias = tuple[int, int]
"""A topic or a group of a bot."""

_Wording: TypeAlias = tuple[int, int, str]
"""What is asked, as one line, with the places of its topic and its group."""


def _by_name(
    named: Iterable[tuple[_Number | None, str | None]],
) -> dict[_Number | None, _Number]:
    """Return of each topic or group the lowest one of its name: each bot numbers its own."""
    names = {number: name for number, name in named if number is not None}
    lowest: dict[str | None, _Number] = {}
    return {number: lowest.setdefault(names[number], number) for number in sorted(names)}


def _named(
    numbers: Iterable[_Number], named: Counter[tuple[_Number | None, str | None, str | None]]
) -> list[Text]:
    """Return the names, each in the language of most of its questions."""
    rarest_first = sorted(named.items(), key=lambda item: (item[1], item[0][2] or ""))
    known = {number: (name, language) for (number, name, language), _ in rarest_first}
    return [Text(_line(known[number][0]), known[number][1]) for number in numbers]


_Key = TypeVar("_Key", bound=tuple[object, ...])


def _rank(keys: Iterable[_Key | None]) -> dict[_Key, int]:
    """Return the place of each key: the most frequent first, then the lowest; none of None."""
    counts = Counter(key for key in keys if key is not None)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {key: place for place, (key, _) in enumerate(ranked)}


def _rank_people(rows: FactRows) -> dict[int, int]:
    """Return the place of each person: who asked most, then who wrote most."""
    asked = Counter(row.person for row in rows.questions if row.person is not None)
    written: Counter[int] = Counter()
    for _, _, person, count in rows.people_days:
        written[person] += count
    askers = {row.person for row in rows.issues if row.person is not None}
    talkers = {person for _, _, person, _ in rows.small_talk if person is not None}
    everybody = {*asked, *written, *askers, *talkers}
    ranked = sorted(everybody, key=lambda person: (-asked[person], -written[person], person))
    return {person: place for place, person in enumerate(ranked)}
