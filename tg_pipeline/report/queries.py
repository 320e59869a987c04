"""The marts read into report data: one SQL file in `queries/` per table of the report."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, TypeVar
from zoneinfo import ZoneInfo

from tg_pipeline.report.facts import (
    PRIVATE,
    ChatRow,
    FactRows,
    Facts,
    IssueRow,
    QuestionRow,
    build_facts,
)
from tg_pipeline.report.models import (
    ActiveUser,
    ActivityDay,
    AnswersWeek,
    BlockDay,
    CategoryCount,
    CohortWeek,
    Headline,
    Health,
    HourCount,
    MemberDay,
    MethodCalls,
    Outcomes,
    Period,
    PrivateIssues,
    QuestionGroup,
    ReportData,
    ResponseTime,
    SourceReturns,
    Subject,
)
from tg_pipeline.report.sanitize import MAX_NAME, shorten, to_line

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

GROUPS_SHOWN: Final = 12
"""Groups of questions read by name; all other questions are one row."""

COHORTS_SHOWN: Final = 12
"""Weekly cohorts, and weeks after each: a quarter of a year."""

USERS_SHOWN: Final = 10

REPORT_TABLES: Final = frozenset(
    {
        *("daily_activity", "hourly_activity", "user_activity", "commands", "content_mix"),
        *("reactions", "members", "active_users", "retention", "questions", "answers", "threads"),
        *("fallback_answers", "small_talk", "buttons", "sources", "blocks", "bot_calls"),
        *("chats", "users", "bots"),
    }
)
"""The marts that the queries read."""

FACT_TABLES: Final = frozenset(
    {
        *("hourly_activity", "user_activity", "questions", "threads", "answers", "small_talk"),
        *("chats", "users"),
    }
)
"""Those of them that facts are read from."""

CHAT_PLACE: Final = """
    CREATE OR REPLACE TEMP MACRO chat_place(id) AS
    CASE
        WHEN id > 0 THEN 0
        ELSE coalesce((SELECT newest_chat_id FROM chats AS known WHERE known.chat_id = id), id, 0)
    END
"""
"""The number of a chat in facts: its newest id, or 0 for all private chats, whose ids are positive.

Its argument has to name its table: DuckDB would take `chat_id` alone for that of `known`.
"""

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Marts:
    """A database with each mart as a table of its name, and the time zone of its days.

    Tables with a partition per day have a column `context_date`.
    """

    connection: "DuckDBPyConnection"
    zone: str

    def read(
        self, query: str, period: Period, row: Callable[..., _Read], **more: object
    ) -> list[_Read]:
        """Run the query of that name for a period and return its rows; `more` are parameters."""
        sql = files(__package__).joinpath("queries", f"{query}.sql").read_text(encoding="utf-8")
        begin, end = self._midnight(period.first), self._midnight(period.last + timedelta(days=1))
        days = {"first": period.first, "last": period.last, "begin": begin, "end": end}
        known = {**days, "timezone": self.zone, **more}
        used = {name: value for name, value in known.items() if re.search(rf"\${name}\b", sql)}
        return [row(*found) for found in self.connection.execute(sql, used).fetchall()]

    def _midnight(self, day: date) -> datetime:
        """Return the beginning of a local day.

        To compare instants with it is cheaper than to find the local day of each row.
        """
        return datetime.combine(day, time.min, ZoneInfo(self.zone))


def read_report_data(
    marts: Marts, period: Period, health: Health, today: date | None = None
) -> ReportData:
    """Return all data of the report on a period; `today` is not over, None if all days are."""
    previous = period.previous()
    last_over = min(period.last, today - timedelta(days=1)) if today else period.last
    is_covered = health.first_day is not None and health.first_day <= previous.first
    return ReportData(
        period=period,
        zone=marts.zone,
        health=health,
        today=today,
        bots=marts.read("bots", period, Subject),
        facts=read_facts(marts, period, health.first_day),
        current=_headline(marts, period),
        previous=_headline(marts, previous) if is_covered else None,
        activity=marts.read("activity", period, ActivityDay),
        hours=marts.read("hours", period, HourCount),
        questions=marts.read("questions", period, _question_group, shown=GROUPS_SHOWN),
        private_issues=[row for row in _private_issues(marts, period) if row.week],
        fallbacks=marts.read("fallbacks", period, CategoryCount),
        answers=marts.read("answers", period, AnswersWeek),
        response_times=marts.read("response_times", period, ResponseTime),
        commands=marts.read("commands", period, CategoryCount),
        content=marts.read("content", period, CategoryCount),
        reactions=marts.read("reactions", period, CategoryCount),
        buttons=marts.read("buttons", period, CategoryCount),
        sources=marts.read("sources", period, SourceReturns),
        blocks=marts.read("blocks", period, BlockDay),
        calls=marts.read("calls", period, MethodCalls),
        members=marts.read("members", period, MemberDay),
        cohorts=marts.read("cohorts", period, CohortWeek, last_over=last_over, shown=COHORTS_SHOWN),
        users=_distinct_users(marts.read("users", period, ActiveUser, shown=USERS_SHOWN)),
        people_messages=marts.read("people_messages", period, int)[0],
    )


def read_facts(marts: Marts, period: Period, first_day: date | None) -> Facts:
    """Return the facts of a period and, as far as the data goes back, of the previous one.

    `first_day` is the first day of the data.
    """
    begin = max(period.previous().first, min(first_day or period.first, period.first))
    days = Period(begin, period.last)
    marts.connection.execute(CHAT_PLACE)
    rows = FactRows(
        messages=marts.read("fact_activity", days, _row),
        people_days=marts.read("fact_people", days, _row),
        questions=marts.read("fact_questions", days, QuestionRow),
        issues=marts.read("fact_issues", days, IssueRow),
        small_talk=marts.read("fact_small_talk", days, _row),
        placebos=marts.read("fact_placebo", days, _row),
        chats=_distinct_titles(marts.read("fact_chats", days, ChatRow)),
    )
    facts = build_facts(rows, begin)
    found = dict(marts.read("fact_names", days, _row, people=list(facts.people_ids)))
    names = _distinct({person: found.get(person) for person in facts.people_ids})
    return replace(facts, people=list(names.values()))


def _distinct_titles(chats: Sequence[ChatRow]) -> list[ChatRow]:
    """Return the chats, those without a title by their number."""
    titles = _distinct({row.chat: row.title for row in chats if row.chat != PRIVATE})
    return [row._replace(title=titles.get(row.chat)) for row in chats]


def _distinct_users(users: Sequence[ActiveUser]) -> list[ActiveUser]:
    names = _distinct({row.person: row.name for row in users})
    return [replace(row, name=names[row.person]) for row in users]


def _distinct(names: Mapping[int, str | None]) -> dict[int, str]:
    """Return names as one line, with the number of who shares a name with others, or has none."""
    lines = {number: to_line(name or "") or str(number) for number, name in names.items()}
    counts = Counter(shorten(line, MAX_NAME) for line in lines.values())

    def shown(number: int, line: str) -> str:
        name = shorten(line, MAX_NAME)
        if counts[name] == 1:
            return name
        suffix = f" ({number})"
        return shorten(line, MAX_NAME - len(suffix)) + suffix

    return {number: shown(number, line) for number, line in lines.items()}


def _row(*values: Any) -> Any:
    return values


def _headline(marts: Marts, period: Period) -> Headline:
    (headline,) = marts.read("headline", period, Headline)
    issues, singles, placebo = marts.read("outcomes", period, Outcomes)
    rows = (row for row in _private_issues(marts, period) if row.week is None)
    private = next(rows, PrivateIssues())
    return replace(headline, private=private, issues=issues, singles=singles, placebo=placebo)


def _private_issues(marts: Marts, period: Period) -> list[PrivateIssues]:
    return marts.read("private_issues", period, PrivateIssues)


def _question_group(
    name: str | None, language: str | None, questions: int, weeks: list[int]
) -> QuestionGroup:
    return QuestionGroup(name, language, questions, tuple(weeks))
