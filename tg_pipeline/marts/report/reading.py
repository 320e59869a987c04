"""The marts read into facts: one query a table of the report."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Final, TypeVar
from zoneinfo import ZoneInfo

from tg_pipeline.marts.report.facts import Facts, Headline
from tg_pipeline.marts.report.health import Gap, Health
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

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

GROUPS_SHOWN: Final = 12
"""Groups of questions that are read by name: what is asked less often is no frequent question."""

COHORTS_SHOWN: Final = 12
"""Weeks of newcomers, and weeks after each: a quarter of a year."""

USERS_SHOWN: Final = 10

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Marts:
    """A database in which each mart is a table by its name, and the zone that they count in.

    Those with a partition a day have a column `context_date`, and so has enriched_updates.
    """

    connection: "DuckDBPyConnection"
    zone: str

    def read(
        self, query: str, period: Period, row: Callable[..., Row], shown: int | None = None
    ) -> list[Row]:
        """Give the rows that the query of that name finds for a period."""
        sql = files(__package__).joinpath("queries", f"{query}.sql").read_text(encoding="utf-8")
        known = {
            "first": period.first,
            "last": period.last,
            "timezone": self.zone,
            "shown": shown,
        }
        used = {name: value for name, value in known.items() if f"${name}" in sql}
        return [row(*found) for found in self.connection.execute(sql, used).fetchall()]


def read_facts(marts: Marts, period: Period, health: Health) -> Facts:
    """Give all that the report on a period is made of."""
    before = period.before()
    reaches_back = health.first_day is not None and health.first_day <= before.first
    return Facts(
        period=period,
        zone=marts.zone,
        health=health,
        now=_headline(marts, period),
        before=_headline(marts, before) if reaches_back else None,
        activity=marts.read("activity", period, ActivityDay),
        hours=marts.read("hours", period, HourCount),
        questions=marts.read("questions", period, _question, GROUPS_SHOWN),
        answers=marts.read("answers", period, AnswersWeek),
        waits=marts.read("waits", period, Wait),
        commands=marts.read("commands", period, Tally),
        content=marts.read("content", period, Tally),
        reactions=marts.read("reactions", period, Tally),
        members=marts.read("members", period, MemberDay),
        cohorts=marts.read("cohorts", period, CohortWeek, COHORTS_SHOWN),
        users=marts.read("users", period, ActiveUser, USERS_SHOWN),
        people_messages=marts.read("people_messages", period, int)[0],
    )


def read_gaps(marts: Marts, period: Period) -> list[Gap]:
    """Give the gaps among the numbers of the updates."""
    return marts.read("gaps", period, Gap)


def read_last_landed(marts: Marts, period: Period) -> datetime | None:
    """Give when the newest update of a period landed, by the clocks of the zone."""
    (landed,) = marts.read("last_landed", period, _instant)
    return landed.astimezone(ZoneInfo(marts.zone)) if landed else None


def _headline(marts: Marts, period: Period) -> Headline:
    return marts.read("headline", period, Headline)[0]


def _instant(value: datetime | None) -> datetime | None:
    return value


def _question(
    name: str | None, language: str | None, questions: int, weeks: list[int]
) -> FrequentQuestion:
    return FrequentQuestion(name, language, questions, tuple(weeks))
