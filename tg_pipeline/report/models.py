"""Data models of the report: periods of days, the rows of each query, the state of the data."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Final

from lambda_ingest.landing import TELEGRAM_LAUNCH
from tg_pipeline.report.facts import Facts
from tg_pipeline.report.shares import Comparison, Share

DEFAULT_DAYS: Final = 28
"""Four whole weeks: each weekday occurs as often in a period as in the previous one."""

EARLIEST: Final = TELEGRAM_LAUNCH
LATEST: Final = date(2099, 12, 31)
"""The range of days a report can cover: a date outside it is a typing error."""

MAX_DAILY_BARS: Final = 100
"""Days in a period up to which a bar is a day: more bars are indistinct on a phone."""

MAX_WEEKLY_DAYS: Final = 700
"""Days in a period up to which a bar is a week; in longer ones it is a month."""


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from `first` to `last`, both included."""

    first: date
    last: date

    @classmethod
    def ending(cls, last: date, days: int = DEFAULT_DAYS) -> "Period":
        """Return the period of `days` days that ends with `last`."""
        return cls(last - timedelta(days=days - 1), last)

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1

    def previous(self) -> "Period":
        """Return the period of the same length that ends the day before this one."""
        return Period.ending(self.first - timedelta(days=1), self.days)

    def clip_start(self, day: date) -> "Period":
        """Clip the period so that it starts no earlier than `day`, unless it ends before it."""
        return self if day > self.last else replace(self, first=max(self.first, day))

    def weeks(self) -> list[date]:
        """Return the Monday of each week that has a day in the period, ascending."""
        monday = self.first - timedelta(days=self.first.weekday())
        count = (self.last - monday).days // 7 + 1
        return [monday + timedelta(weeks=week) for week in range(count)]

    def __contains__(self, day: date) -> bool:
        """Check whether a day is in the period."""
        return self.first <= day <= self.last


def is_report_day(day: date) -> bool:
    """Check whether a report can cover a day."""
    return EARLIEST <= day <= LATEST


class DigestKind(Enum):
    """The length of a digest's period."""

    DAY = "day"
    WEEK = "week"
    """Monday to Sunday."""


@dataclass(frozen=True, slots=True)
class DigestPeriod:
    """The day or ISO week that a digest covers."""

    kind: DigestKind
    period: Period

    @classmethod
    def of(cls, kind: DigestKind, day: date) -> "DigestPeriod":
        """Return the digest period that a day belongs to."""
        if kind is DigestKind.DAY:
            return cls(kind, Period(day, day))
        monday = day - timedelta(days=day.weekday())
        return cls(kind, Period(monday, monday + timedelta(days=6)))

    @classmethod
    def last_ended(cls, kind: DigestKind, today: date) -> "DigestPeriod":
        """Return the newest digest period that ended before `today`."""
        return cls.of(kind, today).previous()

    def previous(self) -> "DigestPeriod":
        """Return the day or week before."""
        return DigestPeriod.of(self.kind, self.period.first - timedelta(days=1))

    @property
    def name(self) -> str:
        """The unique name: 2026-10-07, or 2026-W41."""
        if self.kind is DigestKind.DAY:
            return self.period.first.isoformat()
        year, week, _ = self.period.first.isocalendar()
        return f"{year}-W{week:02d}"

    @property
    def week(self) -> int:
        """The number of the ISO week."""
        return self.period.first.isocalendar().week


class Grain(Enum):
    """The time that a bar of a chart covers."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def bar_grain(period: Period) -> Grain:
    """Return the grain at which the bars of a period are distinct on a phone."""
    if period.days <= MAX_DAILY_BARS:
        return Grain.DAY
    return Grain.WEEK if period.days <= MAX_WEEKLY_DAYS else Grain.MONTH


def bucket_of(day: date, grain: Grain) -> date:
    """Return the first day of the day, week or month that a day belongs to."""
    if grain is Grain.DAY:
        return day
    return day.replace(day=1) if grain is Grain.MONTH else day - timedelta(days=day.weekday())


def bucket_end(first: date, grain: Grain) -> date:
    """Return the last day of the day, week or month that begins with `first`."""
    if grain is Grain.DAY:
        return first
    if grain is Grain.WEEK:
        return first + timedelta(days=6)
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ActivityDay:
    """Messages on a day, and active people on it and in the days up to it."""

    day: date
    messages: int
    users: int
    weekly_users: int
    """In the 7 days up to it."""
    monthly_users: int
    """In the 30 days up to it."""


@dataclass(frozen=True, slots=True)
class HourCount:
    """Messages in an hour of a weekday, local time."""

    weekday: int
    """1 is Monday."""
    hour: int
    messages: int


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """A group of similar questions."""

    name: str | None
    """One of the questions, verbatim; None for all questions outside the named groups."""
    language: str | None
    questions: int
    """Questions in the period."""
    weeks: tuple[int, ...]
    """The same by week: one count for each week that has a day in the period."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of issues, of single questions, or of the placebo, by the same rule."""

    answered: int = 0
    """With evidence: a reply, a message that names the asker, or the only other participant."""
    unanswered: int = 0
    unknown: int = 0
    """Somebody wrote afterwards, but nothing shows whether it was an answer."""
    unseen: int = 0
    """Asked where the bot does not receive the answer."""
    by_reply: int = 0
    by_mention: int = 0
    by_only_other: int = 0
    thanked: int = 0
    """The answered ones that were followed by thanks."""
    asked_again: int = 0
    """The seen ones that the same person asked again."""
    median_seconds: float | None = None
    """From the first question to the answer; None if nothing was answered."""
    business_median_seconds: float | None = None
    """The same, counting business hours only; None unless they are set."""
    early: int = 0
    """The answered ones that waited no longer than the median of questions and placebo together."""

    @property
    def seen(self) -> int:
        """The number of cases whose answers the bot receives."""
        return self.answered + self.unanswered + self.unknown


@dataclass(frozen=True, slots=True)
class PrivateIssues:
    """What became of the issues in private chats with the bot, in a week or in the whole period."""

    week: date | None = None
    """The Monday; None for the whole period."""
    contained: int = 0
    """Answered by the bot, and not asked again."""
    asked_again: int = 0
    """Answered by the bot, and asked again by the same person."""
    fallback: int = 0
    """The bot only said that it does not know."""
    silent: int = 0
    unknown: int = 0
    unseen: int = 0
    """Asked while the bot's calls were not recorded."""
    median_seconds: float | None = None
    """From the first question to the answer; None if nothing was answered."""

    @property
    def answered(self) -> Share:
        """The share of the seen issues that the bot answered."""
        return Share(self.contained + self.asked_again, self.seen)

    @property
    def contained_share(self) -> Share:
        """The share of the seen issues that were answered and not asked again."""
        return Share(self.contained, self.seen)

    @property
    def fallback_share(self) -> Share:
        """The share of the bot's answers that only say that it does not know."""
        return Share(self.fallback, self.contained + self.asked_again + self.fallback)

    @property
    def seen(self) -> int:
        """The number of issues of which the data shows what the bot said."""
        return self.contained + self.asked_again + self.fallback + self.silent + self.unknown


@dataclass(frozen=True, slots=True)
class AnswersWeek:
    """The outcome of the issues that were opened in a week, within the period."""

    week: date
    """The Monday."""
    answered_by_bot: int
    answered_by_people: int
    unknown: int
    unanswered: int
    unseen: int
    thanked: int
    asked_again: int

    @property
    def issues(self) -> int:
        """The number of issues."""
        answered = self.answered_by_bot + self.answered_by_people
        return answered + self.unknown + self.unanswered + self.unseen


@dataclass(frozen=True, slots=True)
class ResponseTime:
    """Seconds from an issue's first question to its answer, in a week or in the whole period."""

    week: date | None
    """The Monday; None for the whole period."""
    answered_by: str
    """`anyone`, `bot` or `human`."""
    answered: int
    median_seconds: float
    p90_seconds: float


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """The occurrences of a command, a kind of content, or a reaction."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class MethodCalls:
    """The recorded calls of a method of the Bot API."""

    method: str
    calls: int
    blocked: int
    """Refused because the user has blocked the bot."""
    rate_limited: int
    """Refused because the bot called too often."""
    other_errors: int
    unknown: int
    mean_ms: float | None
    """Of the calls whose outcome is known; None if there are none."""

    @property
    def failed(self) -> int:
        """The number of refused calls."""
        return self.blocked + self.rate_limited + self.other_errors


@dataclass(frozen=True, slots=True)
class SourceReturns:
    """The new people from a source, and those who returned."""

    name: str | None
    """The payload of the link; None for people without one."""
    people: int
    eligible_7: int
    """The people whose first 7 days are over."""
    returned_7: int
    eligible_28: int
    returned_28: int


@dataclass(frozen=True, slots=True)
class BlockDay:
    """How often the bot was blocked and unblocked on a day."""

    day: date
    blocked: int
    unblocked: int


@dataclass(frozen=True, slots=True)
class MemberDay:
    """Joins and leaves on a day."""

    day: date
    joins: int
    leaves: int


@dataclass(frozen=True, slots=True)
class CohortWeek:
    """The people first active in a week who were active again `offset` weeks later.

    People who were there before the data begins are in no cohort.
    """

    cohort: date
    """The Monday of their first week."""
    size: int
    offset: int
    returned: int


@dataclass(frozen=True, slots=True)
class ActiveUser:
    """A person's activity in the period."""

    name: str | None
    messages: int
    actions: int
    """Messages, reactions, button presses, votes, inline queries and payments."""
    days: int
    """Days with at least one action."""
    person: int = 0
    """The id."""


@dataclass(frozen=True, slots=True)
class HealthDay:
    """A day of the lake."""

    day: date
    landed: int
    """Objects in the landing zone."""
    updates: int
    """Rows of deduped_updates."""
    quarantined: int
    duplicates: int
    is_missing: bool
    """The day has landed objects, and one of its layers was never built."""
    is_late: bool
    """The day was built, and objects landed afterwards."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Update ids missing before the updates of a bot on a day."""

    bot_id: int
    day: date
    missing: int


@dataclass(frozen=True, slots=True)
class UnprocessedDays:
    """Landed days that no run builds: before the first partition, or in the future."""

    first: date
    last: date
    objects: int


@dataclass(frozen=True, slots=True)
class Health:
    """The state of a period's data."""

    days: list[HealthDay] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    last_landed: datetime | None = None
    """The arrival of the newest update, aware; None if there is no update."""
    first_day: date | None = None
    """The first day of the lake; None if it is empty."""
    are_marts_behind: bool = False
    """A mart was never built, or was built from older updates."""
    is_filtered: bool = False
    """Only selected chats are stored, so the updates of all others are missing on purpose."""
    has_no_texts: bool = False
    """What people wrote is left out, so there are no questions."""
    has_pseudonyms: bool = False
    """Ids and names of people are replaced."""
    kept_since: date | None = None
    """The first day whose updates are kept; None if all are."""
    unprocessed: list[UnprocessedDays] = field(default_factory=list)
    """Whatever the period, since nobody knows to which day their updates belong."""

    @property
    def missing_updates(self) -> int:
        """The number of missing update ids."""
        return sum(gap.missing for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class Headline:
    """The totals of a period."""

    messages: int = 0
    users: int = 0
    """Active people."""
    questions: int = 0
    joins: int = 0
    leaves: int = 0
    issues: Outcomes = field(default_factory=Outcomes)
    singles: Outcomes = field(default_factory=Outcomes)
    """Of the questions of these issues, each by itself: only these compare with the placebo."""
    placebo: Outcomes = field(default_factory=Outcomes)
    """Of messages that are not questions, in the chats of the issues."""
    private: PrivateIssues = field(default_factory=PrivateIssues)
    """Of private chats with the bot; all other outcomes are of the other chats."""

    @property
    def answered(self) -> Share:
        """The share of the seen issues that were answered, with evidence."""
        return Share(self.issues.answered, self.issues.seen)

    @property
    def unknown(self) -> Share:
        """The share of the seen issues of which nobody knows whether they were answered."""
        return Share(self.issues.unknown, self.issues.seen)

    @property
    def thanked(self) -> Share:
        """The share of the answered issues that were followed by thanks."""
        return Share(self.issues.thanked, self.issues.answered)

    @property
    def answered_test(self) -> Comparison:
        """Whether questions are answered more often than the placebo."""
        return Comparison(*(Share(each.answered, each.seen) for each in self._compared))

    @property
    def wait_test(self) -> Comparison:
        """Whether the median waits differ: the shares of early answers (Mood's median test)."""
        return Comparison(*(Share(each.early, each.answered) for each in self._compared))

    @property
    def has_clear_waits(self) -> bool:
        """Whether the waits are those of answers: their median differs from the placebo's.

        Where the placebo has too few answers to compare, questions are answered more often.
        """
        if self.wait_test.has_enough_cases:
            return self.wait_test.is_distinct
        return self.answered_test.is_higher

    @property
    def thanked_test(self) -> Comparison:
        """Whether answers to questions are thanked for more often than those of the placebo."""
        return Comparison(*(Share(each.thanked, each.answered) for each in self._compared))

    @property
    def members_net(self) -> int:
        """Joins minus leaves."""
        return self.joins - self.leaves

    @property
    def _compared(self) -> tuple[Outcomes, Outcomes]:
        return self.singles, self.placebo


@dataclass(frozen=True, slots=True)
class Subject:
    """The bot or the chat that a report is about."""

    number: int
    name: str | None = None
    """A bot's or a person's first name, or a chat's title."""
    username: str | None = None
    is_person: bool = False
    """Whether it is a private chat, so that its names are a person's."""


@dataclass(frozen=True, slots=True)
class ReportData:
    """All data of a page."""

    period: Period
    zone: str
    """The IANA time zone that defines days and hours."""
    health: Health
    today: date | None = None
    """The current day, which is not over; None if all days are over."""
    bot: Subject | None = None
    """The bot whose updates are counted; None for all bots."""
    chat: Subject | None = None
    """The chat whose updates are counted; None for all chats."""
    bots: list[Subject] = field(default_factory=list)
    """All bots of the lake, most updates first."""
    facts: Facts | None = None
    """What the overview is counted from."""
    current: Headline = field(default_factory=Headline)
    previous: Headline | None = None
    """The previous period; None if the lake does not cover it."""
    activity: list[ActivityDay] = field(default_factory=list)
    hours: list[HourCount] = field(default_factory=list)
    questions: list[QuestionGroup] = field(default_factory=list)
    private_issues: list[PrivateIssues] = field(default_factory=list)
    """By week."""
    fallbacks: list[CategoryCount] = field(default_factory=list)
    answers: list[AnswersWeek] = field(default_factory=list)
    response_times: list[ResponseTime] = field(default_factory=list)
    commands: list[CategoryCount] = field(default_factory=list)
    content: list[CategoryCount] = field(default_factory=list)
    reactions: list[CategoryCount] = field(default_factory=list)
    buttons: list[CategoryCount] = field(default_factory=list)
    sources: list[SourceReturns] = field(default_factory=list)
    blocks: list[BlockDay] = field(default_factory=list)
    calls: list[MethodCalls] = field(default_factory=list)
    members: list[MemberDay] = field(default_factory=list)
    cohorts: list[CohortWeek] = field(default_factory=list)
    users: list[ActiveUser] = field(default_factory=list)
    """The most active people, by messages."""
    people_messages: int = 0
    """Messages by people, without bots and channels."""

    @property
    def is_empty(self) -> bool:
        """Whether there was no activity in the period."""
        return not (self.current.messages or self.current.users or self.members)

    @property
    def has_private_issues(self) -> bool:
        """Whether the data shows what the bot said about issues in private chats."""
        return bool(self.current.private.seen)

    @property
    def has_other_issues(self) -> bool:
        """Whether there are issues elsewhere, or none whose answers the data shows."""
        return bool(self.current.issues.seen) or not self.has_private_issues

    def is_complete(self, first: date, last: date) -> bool:
        """Check whether all days from `first` to `last` are in the period and over."""
        is_over = self.today is None or last < self.today
        return is_over and first in self.period and last in self.period

    def is_whole_week(self, monday: date) -> bool:
        """Check whether a week is complete."""
        return self.is_complete(monday, monday + timedelta(days=6))
