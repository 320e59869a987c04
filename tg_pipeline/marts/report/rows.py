"""The rows of the report's tables: one class a table, each read by the query of its name."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ActivityDay:
    """A day: messages, and people who did anything on it, and in the days up to it."""

    day: date
    messages: int
    users: int
    weekly_users: int
    """In the 7 days up to it."""
    monthly_users: int
    """In the 30 days up to it."""


@dataclass(frozen=True, slots=True)
class HourCount:
    """Messages in an hour of a weekday, by the clocks of the zone."""

    weekday: int
    """1 is Monday."""
    hour: int
    messages: int


@dataclass(frozen=True, slots=True)
class FrequentQuestion:
    """A group of questions that ask the same."""

    name: str | None
    """As somebody asked it; None for all other questions as one."""
    language: str | None
    questions: int
    """In the period."""
    weeks: tuple[int, ...]
    """Questions in each week that the period touches; the whole of it."""


@dataclass(frozen=True, slots=True)
class AnswersWeek:
    """What became of the questions of a week."""

    week: date
    """Its Monday."""
    questions: int
    unseen: int
    """Asked where the bot is not told of an answer."""
    answered: int
    answered_by_bot: int
    unanswered: int
    thanked: int
    asked_again: int
    answered_by_reply: int = 0
    """Of the answered, those that somebody replied to."""

    @property
    def answered_by_people(self) -> int:
        """Give the answers that were no bot's."""
        return self.answered - self.answered_by_bot


@dataclass(frozen=True, slots=True)
class Wait:
    """How long answers took, in seconds; a week's, or those of the whole period."""

    week: date | None
    answered_by: str
    """`anyone`, `bot` or `human`."""
    answered: int
    median_seconds: float
    p90_seconds: float


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something came: a command, a kind of content, a reaction."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class MemberDay:
    """Who came and went on a day."""

    day: date
    joins: int
    leaves: int


@dataclass(frozen=True, slots=True)
class CohortWeek:
    """Of those who were first active in a week: how many were so `offset` weeks later."""

    cohort: date
    """The Monday of their first week."""
    size: int
    offset: int
    returned: int


@dataclass(frozen=True, slots=True)
class ActiveUser:
    """What somebody did in the period."""

    name: str | None
    messages: int
    actions: int
    """Messages, edits, reactions, presses of buttons, and all else."""
    days: int
    """Days on which there was any."""
