"""The overview: facts of a period, a chat or a person, counted.

The page's script (`web/counting.js`) counts the same facts in the same way for what is selected.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Final

from tg_pipeline.report.facts import NONE, OUTCOMES, Facts, IssueFact
from tg_pipeline.report.models import Period
from tg_pipeline.report.shares import Comparison, Share

WEEK_SLOTS: Final = 7 * 24
"""The hours of a week."""

TOP_TOPICS: Final = 10
TOP_WORDINGS: Final = 8
TOP_CHATS: Final = 20
TOP_ASKERS: Final = 10
"""Rows of each list."""

MIN_ANSWERS: Final = 10
"""Answers below which a chat is not called the slowest: one slow answer would decide."""

BOT, PEOPLE, UNANSWERED, UNKNOWN, UNSEEN, FALLBACK = range(len(OUTCOMES))


@dataclass(frozen=True, slots=True)
class FactFilter:
    """The facts that are counted: the days from `first` to `last`, by their numbers."""

    first: int
    last: int
    chat: int = NONE
    person: int = NONE
    """NONE is all."""

    def has(self, day: int, chat: int, person: int = NONE) -> bool:
        """Check whether a fact is counted."""
        return (
            self.first <= day <= self.last
            and self.chat in (NONE, chat)
            and self.person in (NONE, person)
        )

    def of_days(self, first: int, last: int) -> "FactFilter":
        """Return the filter of other days."""
        return FactFilter(first, last, self.chat, self.person)


@dataclass(frozen=True, slots=True)
class IssueCounts:
    """How many issues had each of OUTCOMES."""

    counts: tuple[int, ...] = (0,) * len(OUTCOMES)
    asked_again: int = 0
    """The answered ones that the same person asked again."""

    @classmethod
    def of(cls, issues: Sequence[IssueFact]) -> "IssueCounts":
        """Count issues."""
        counts = Counter(issue.outcome for issue in issues)
        again = sum(issue.is_asked_again and issue.outcome in (BOT, PEOPLE) for issue in issues)
        return cls(tuple(counts[outcome] for outcome in range(len(OUTCOMES))), again)

    @property
    def seen(self) -> int:
        """The number of issues whose answers the data shows."""
        return sum(self.counts) - self.counts[UNSEEN]

    @property
    def answered(self) -> Share:
        """The answered ones among them."""
        return Share(self.counts[BOT] + self.counts[PEOPLE], self.seen)

    @property
    def again(self) -> Share:
        """The answered ones that were asked again."""
        return Share(self.asked_again, self.answered.part)

    @property
    def fallback(self) -> Share:
        """Those to which the bot only said that it does not know."""
        return Share(self.counts[FALLBACK], self.seen)

    @property
    def unknown(self) -> Share:
        """Those of which nothing shows whether they were answered."""
        return Share(self.counts[UNKNOWN], self.seen)


@dataclass(frozen=True, slots=True)
class Totals:
    """What was written, asked and answered in a period."""

    written: tuple[int, ...]
    """Messages by hour of the week; of a person, questions."""
    questions: int
    topics: Counter[int]
    small_talk: int
    """Messages to the bot that ask for nothing: greetings, thanks and the like."""
    private: IssueCounts
    """In private chats with the bot."""
    elsewhere: IssueCounts
    test: Comparison | None
    """Whether questions elsewhere are answered more often than the placebo; not of one person."""

    @property
    def peak(self) -> int:
        """The hour of the week with the most messages; the earliest on ties."""
        return self.written.index(max(self.written))

    @property
    def unseen(self) -> int:
        """The number of issues whose answers the data does not show."""
        return self.private.counts[UNSEEN] + self.elsewhere.counts[UNSEEN]

    @property
    def is_elsewhere_clear(self) -> bool:
        """Whether the answers elsewhere are more than what the rule finds anywhere."""
        return self.test is not None and self.test.is_distinct


@dataclass(frozen=True, slots=True)
class TextCount:
    """How often a group, or a wording, was asked; `place` is NONE for all others together."""

    place: int
    questions: int


@dataclass(frozen=True, slots=True)
class TopicCounts:
    """A topic, with its groups and wordings, most frequent first."""

    topic: int
    questions: int
    issues: IssueCounts
    groups: Sequence[TextCount]
    wordings: Sequence[TextCount]


@dataclass(frozen=True, slots=True)
class ChatCounts:
    """What was written, asked and answered in a chat."""

    chat: int
    messages: int
    people: int
    """Active people."""
    questions: int
    issues: IssueCounts
    seconds: float | None
    """The median time to an answer; None without answers."""
    is_clear: bool
    """Whether the answers are more than what the rule finds anywhere; always in private chats with
    the bot, and of one person, of whom nothing is compared with a placebo."""


@dataclass(frozen=True, slots=True)
class AskerCounts:
    """What a person asked."""

    person: int
    questions: int
    issues: IssueCounts


@dataclass(frozen=True, slots=True)
class WeekCounts:
    """What was asked and answered in the days of a week."""

    monday: date
    is_complete: bool
    questions: int
    private: IssueCounts
    elsewhere: IssueCounts


@dataclass(frozen=True, slots=True)
class Overview:
    """The counted facts."""

    current: Totals
    previous: Totals | None
    """The period of the same length before; None if the data does not cover it."""
    topics: Sequence[TopicCounts]
    other_questions: TopicCounts | None
    """Those of none of these topics, as one topic with the number NONE; None if there are none."""
    chats: Sequence[ChatCounts]
    """The slowest first."""
    chats_left_out: int
    askers: Sequence[AskerCounts]
    people_who_asked: int
    askers_tied: int
    """The people who asked as much as the first one, without that one."""
    weeks: Sequence[WeekCounts]
    last_weeks: tuple[WeekCounts, WeekCounts] | None
    """The last complete week, and the week before; None if the data does not cover both."""

    @property
    def slowest(self) -> ChatCounts | None:
        """The slowest of several chats that have enough answers which chance does not explain."""
        compared = [
            chat
            for chat in self.chats
            if chat.is_clear and chat.issues.answered.part >= MIN_ANSWERS
        ]
        return compared[0] if len(compared) > 1 else None


def build_overview(facts: Facts, chosen: FactFilter, last_over: int) -> Overview:
    """Count the facts that a filter selects; `last_over` is the last day that is over."""
    counter = _Counter(facts, chosen)
    days = chosen.last - chosen.first + 1
    before = chosen.of_days(chosen.first - days, chosen.first - 1)
    topics, chats, askers = counter.topics(), counter.chats(), counter.askers()
    weeks = _weeks(facts, chosen, last_over)
    return Overview(
        current=counter.totals(),
        previous=_Counter(facts, before).totals() if _is_covered(facts, before) else None,
        topics=topics,
        other_questions=counter.other_questions({row.topic for row in topics}),
        chats=sorted(chats[:TOP_CHATS], key=_by_wait),
        chats_left_out=len(chats[TOP_CHATS:]),
        askers=askers[:TOP_ASKERS],
        people_who_asked=len(askers),
        askers_tied=sum(row.questions == askers[0].questions for row in askers[1:]),
        weeks=weeks,
        last_weeks=_last_weeks(facts, chosen, weeks, last_over),
    )


def whole_period(facts: Facts, period: Period) -> FactFilter:
    """Return the filter of a whole period."""
    return FactFilter(facts.number(period.first), facts.number(period.last))


def _is_covered(facts: Facts, chosen: FactFilter) -> bool:
    since = facts.chats[chosen.chat].since if chosen.chat != NONE else 0
    return chosen.first >= max(since, 0)


def _weeks(facts: Facts, chosen: FactFilter, last_over: int) -> list[WeekCounts]:
    mondays = Period(facts.day(chosen.first), facts.day(chosen.last)).weeks()
    return [_week(facts, chosen, monday, last_over) for monday in mondays]


def _week(facts: Facts, chosen: FactFilter, monday: date, last_over: int) -> WeekCounts:
    """Count those days of a week that are in the period."""
    first = facts.number(monday)
    days = chosen.of_days(max(first, chosen.first), min(first + 6, chosen.last))
    totals = _Counter(facts, days).totals()
    is_complete = chosen.first <= first and first + 6 <= min(chosen.last, last_over)
    return WeekCounts(monday, is_complete, totals.questions, totals.private, totals.elsewhere)


def _last_weeks(
    facts: Facts, chosen: FactFilter, weeks: Sequence[WeekCounts], last_over: int
) -> tuple[WeekCounts, WeekCounts] | None:
    complete = [week for week in weeks if week.is_complete]
    if not complete:
        return None
    monday = complete[-1].monday - timedelta(days=7)
    first = facts.number(monday)
    week = chosen.of_days(first, first + 6)
    if not _is_covered(facts, week):
        return None
    return complete[-1], _week(facts, week, monday, last_over)


def _by_wait(row: ChatCounts) -> tuple[bool, float, int, int]:
    seconds = row.seconds
    return seconds is None, -(seconds or 0), -row.questions, -row.messages


class _Counter:
    """Counts the facts that a filter selects."""

    def __init__(self, facts: Facts, chosen: FactFilter) -> None:
        self._facts: Final = facts
        self._chosen: Final = chosen
        self._questions: Final = [
            row for row in facts.questions if chosen.has(row.day, row.chat, row.person)
        ]
        self._issues: Final = [
            row for row in facts.issues if chosen.has(row.day, row.chat, row.person)
        ]

    def totals(self) -> Totals:
        private = [issue for issue in self._issues if issue.is_private]
        elsewhere = [issue for issue in self._issues if not issue.is_private]
        topics = Counter(self._topic(row.wording) for row in self._questions)
        del topics[NONE]
        return Totals(
            written=self._written(),
            questions=len(self._questions),
            topics=topics,
            small_talk=self._small_talk(),
            private=IssueCounts.of(private),
            elsewhere=IssueCounts.of(elsewhere),
            test=self._test({issue.chat for issue in elsewhere}),
        )

    def topics(self) -> list[TopicCounts]:
        texts = self._facts.topics
        asked: defaultdict[int, Counter[int]] = defaultdict(Counter)
        for question in self._questions:
            asked[self._topic(question.wording)][question.wording] += 1
        asked.pop(NONE, None)
        issues: defaultdict[int, list[IssueFact]] = defaultdict(list)
        for issue in self._issues:
            issues[issue.topic].append(issue)
        ranked = sorted(
            asked, key=lambda topic: (-asked[topic].total(), texts[topic].text or "", topic)
        )
        return [
            TopicCounts(
                topic,
                asked[topic].total(),
                IssueCounts.of(issues[topic]),
                self._groups(asked[topic]),
                self._wordings(asked[topic]),
            )
            for topic in ranked[:TOP_TOPICS]
        ]

    def other_questions(self, topics: Collection[int]) -> TopicCounts | None:
        """Return what was asked about none of some topics."""
        wordings = Counter(row.wording for row in self._questions)
        others = {each: n for each, n in wordings.items() if self._topic(each) not in topics}
        if not others:
            return None
        asked = Counter(others)
        issues = [issue for issue in self._issues if issue.topic not in topics]
        counts = IssueCounts.of(issues)
        return TopicCounts(NONE, asked.total(), counts, [], self._wordings(asked))

    def chats(self) -> list[ChatCounts]:
        """Return the chats with anything to count, most questions first."""
        messages: Counter[int] = Counter()
        people: defaultdict[int, set[int]] = defaultdict(set)
        for day in self._facts.people_days:
            if self._chosen.has(day.day, day.chat, day.person):
                people[day.chat].add(day.person)
                messages[day.chat] += day.messages if self._chosen.person != NONE else 0
        if self._chosen.person == NONE:
            for row in self._facts.messages:
                if self._chosen.has(row.day, row.chat):
                    messages[row.chat] += row.messages
        questions = Counter(row.chat for row in self._questions)
        issues: defaultdict[int, list[IssueFact]] = defaultdict(list)
        for issue in self._issues:
            issues[issue.chat].append(issue)
        seen = sorted({*messages, *people, *questions, *issues})
        counts = [
            ChatCounts(
                chat,
                messages[chat],
                len(people[chat]),
                questions[chat],
                IssueCounts.of(issues[chat]),
                _median_seconds(issues[chat]),
                self._is_clear(chat, issues[chat]),
            )
            for chat in seen
        ]
        return sorted(counts, key=lambda row: (-row.questions, -row.messages, row.chat))

    def askers(self) -> list[AskerCounts]:
        """Return all people who asked, most questions first."""
        names = self._facts.people
        asked = Counter(row.person for row in self._questions)
        del asked[NONE]
        issues: defaultdict[int, list[IssueFact]] = defaultdict(list)
        for issue in self._issues:
            issues[issue.person].append(issue)

        def name(person: int) -> str:
            return (names[person] if person < len(names) else None) or ""

        ranked = sorted(asked, key=lambda person: (-asked[person], name(person), person))
        return [
            AskerCounts(person, asked[person], IssueCounts.of(issues[person])) for person in ranked
        ]

    def _topic(self, wording: int) -> int:
        return self._facts.wordings[wording].topic

    def _written(self) -> tuple[int, ...]:
        """Count messages by hour of the week; of one person, questions, whose hours are known."""
        counts = [0] * WEEK_SLOTS
        if self._chosen.person == NONE:
            for row in self._facts.messages:
                if self._chosen.has(row.day, row.chat):
                    counts[row.slot] += row.messages
        else:
            for question in self._questions:
                counts[question.slot] += 1
        return tuple(counts)

    def _small_talk(self) -> int:
        return sum(
            row.messages
            for row in self._facts.small_talk
            if self._chosen.has(row.day, row.chat, row.person)
        )

    def _test(self, chats: set[int]) -> Comparison | None:
        """Compare single questions with the placebo, in the chats of issues."""
        if self._chosen.person != NONE:
            return None
        rows = [
            row
            for row in self._facts.placebos
            if row.chat in chats and self._chosen.has(row.day, row.chat)
        ]
        return Comparison(
            Share(sum(row.answered_singles for row in rows), sum(row.singles for row in rows)),
            Share(sum(row.answered_placebos for row in rows), sum(row.placebos for row in rows)),
        )

    def _is_clear(self, chat: int, issues: Sequence[IssueFact]) -> bool:
        test = self._test({chat})
        return test is None or test.is_distinct or all(issue.is_private for issue in issues)

    def _groups(self, wordings: Counter[int]) -> list[TextCount]:
        counts: Counter[int] = Counter()
        for wording, count in wordings.items():
            counts[self._facts.wordings[wording].group] += count
        return list(_top(counts, lambda group: self._facts.groups[group].text))

    def _wordings(self, wordings: Counter[int]) -> list[TextCount]:
        return list(_top(wordings, lambda wording: self._facts.wordings[wording].text))


def _top(counts: Counter[int], text: Callable[[int], str | None]) -> Iterator[TextCount]:
    """Yield the most frequent texts that are known, and all others as one."""
    known = [place for place in counts if place != NONE and text(place) is not None]
    ranked = sorted(known, key=lambda place: (-counts[place], text(place), place))[:TOP_WORDINGS]
    yield from (TextCount(place, counts[place]) for place in ranked)
    rest = counts.total() - sum(counts[place] for place in ranked)
    if rest:
        yield TextCount(NONE, rest)


def _median_seconds(issues: Iterable[IssueFact]) -> float | None:
    seconds = [issue.seconds for issue in issues if issue.outcome in (BOT, PEOPLE)]
    return median(seconds) if seconds else None
