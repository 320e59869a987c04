"""What the report knows: small tables, read from the marts, typed."""

from dataclasses import dataclass, field

from tg_pipeline.marts.report.health import Health
from tg_pipeline.marts.report.period import Period
from tg_pipeline.marts.report.rows import (
    ActiveUser,
    ActivityDay,
    AnswersWeek,
    CohortWeek,
    FrequentQuestion,
    HourCount,
    MemberDay,
    Tally,
    Wait,
)


@dataclass(frozen=True, slots=True)
class Headline:
    """A period in a few figures."""

    messages: int = 0
    users: int = 0
    """People, no bots, who did anything."""
    questions: int = 0
    visible: int = 0
    """Questions whose answer the bot would be told of."""
    answered: int = 0
    """Those of them that were answered."""
    median_seconds: float | None = None
    """From a question to its answer; None where nothing was answered."""
    joins: int = 0
    leaves: int = 0
    answered_by_reply: int = 0
    """Those of the answered that somebody replied to: by an answer for certain."""

    @property
    def answered_share(self) -> float | None:
        """Give the share of answered questions among those where an answer can be seen."""
        return self.answered / self.visible if self.visible else None

    @property
    def replied_share(self) -> float | None:
        """Give the share of them that was answered by a reply."""
        return self.answered_by_reply / self.visible if self.visible else None

    @property
    def members_net(self) -> int:
        """Give how many members more there are at the end."""
        return self.joins - self.leaves


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the page is made of."""

    period: Period
    zone: str
    """The time zone that days and hours are counted in, by its IANA name."""
    health: Health
    now: Headline = field(default_factory=Headline)
    before: Headline | None = None
    """The period before; None where the lake does not reach back so far."""
    activity: list[ActivityDay] = field(default_factory=list)
    hours: list[HourCount] = field(default_factory=list)
    questions: list[FrequentQuestion] = field(default_factory=list)
    answers: list[AnswersWeek] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    commands: list[Tally] = field(default_factory=list)
    content: list[Tally] = field(default_factory=list)
    reactions: list[Tally] = field(default_factory=list)
    members: list[MemberDay] = field(default_factory=list)
    cohorts: list[CohortWeek] = field(default_factory=list)
    users: list[ActiveUser] = field(default_factory=list)
    """The most active, by messages."""
    people_messages: int = 0
    """Messages by all people, no bots and no channels."""

    @property
    def is_empty(self) -> bool:
        """Say whether nobody did anything in the period."""
        return not (self.now.messages or self.now.users or self.members)
