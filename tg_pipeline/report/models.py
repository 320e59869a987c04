"""Data models of the report: periods of days, the rows of each query, the state of the data."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Final

from lambda_ingest.landing import TELEGRAM_LAUNCH

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

    def contains_week(self, monday: date) -> bool:
        """Check whether all seven days of a week are in the period."""
        return self.first <= monday and monday + timedelta(days=6) <= self.last

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


def grain_of(period: Period) -> Grain:
    """Return the grain at which the bars of a period are distinct on a phone."""
    if period.days <= MAX_DAILY_BARS:
        return Grain.DAY
    return Grain.WEEK if period.days <= MAX_WEEKLY_DAYS else Grain.MONTH


def bucket_of(day: date, grain: Grain) -> date:
    """Return the first day of the day, week or month that a day belongs to."""
    if grain is Grain.DAY:
        return day
    return day.replace(day=1) if grain is Grain.MONTH else day - timedelta(days=day.weekday())


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
    """Questions in each whole week that has a day in the period."""


@dataclass(frozen=True, slots=True)
class AnswersWeek:
    """The outcome of a week's questions."""

    week: date
    """The Monday."""
    questions: int
    unseen: int
    """Questions asked where the bot does not receive the answer."""
    answered: int
    answered_by_bot: int
    unanswered: int
    thanked: int
    asked_again: int
    answered_by_reply: int = 0
    """The answered questions that received a direct reply."""

    @property
    def answered_by_people(self) -> int:
        """The questions that people answered."""
        return self.answered - self.answered_by_bot


@dataclass(frozen=True, slots=True)
class ResponseTime:
    """Seconds from question to answer, in a week or in the whole period."""

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
class MemberDay:
    """Joins and leaves on a day."""

    day: date
    joins: int
    leaves: int


@dataclass(frozen=True, slots=True)
class CohortWeek:
    """The people first active in a week who were active again `offset` weeks later."""

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
    """Messages, edits, reactions, button presses, and everything else."""
    days: int
    """Days with at least one action."""


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

    @property
    def missing_updates(self) -> int:
        """The number of missing update ids."""
        return sum(gap.missing for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class Headline:
    """The totals of a period."""

    messages: int = 0
    users: int = 0
    """Active people, without bots."""
    questions: int = 0
    visible: int = 0
    """Questions asked where the bot receives the answer."""
    answered: int = 0
    """The answered ones among the visible questions."""
    median_seconds: float | None = None
    """From question to answer; None if no question was answered."""
    joins: int = 0
    leaves: int = 0
    answered_by_reply: int = 0
    """The answered questions that received a direct reply, so a certain answer."""

    @property
    def answered_share(self) -> float | None:
        """The share of the visible questions that were answered; None without any."""
        return self.answered / self.visible if self.visible else None

    @property
    def replied_share(self) -> float | None:
        """The share of the visible questions that received a direct reply; None without any."""
        return self.answered_by_reply / self.visible if self.visible else None

    @property
    def members_net(self) -> int:
        """Joins minus leaves."""
        return self.joins - self.leaves


@dataclass(frozen=True, slots=True)
class ReportData:
    """All data of a page."""

    period: Period
    zone: str
    """The IANA time zone that defines days and hours."""
    health: Health
    current: Headline = field(default_factory=Headline)
    previous: Headline | None = None
    """The previous period; None if the lake does not cover it."""
    activity: list[ActivityDay] = field(default_factory=list)
    hours: list[HourCount] = field(default_factory=list)
    questions: list[QuestionGroup] = field(default_factory=list)
    answers: list[AnswersWeek] = field(default_factory=list)
    response_times: list[ResponseTime] = field(default_factory=list)
    commands: list[CategoryCount] = field(default_factory=list)
    content: list[CategoryCount] = field(default_factory=list)
    reactions: list[CategoryCount] = field(default_factory=list)
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
