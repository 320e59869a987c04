"""The queries that are saved in Athena: the original's four, and those of marts."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from tg_pipeline.athena.dialect import to_athena
from tg_pipeline.layers.enriched_columns import ENRICHED_UPDATES
from tg_pipeline.marts.activity_marts import DAILY_ACTIVITY, USER_ACTIVITY
from tg_pipeline.marts.content_marts import COMMANDS, CONTENT_MIX
from tg_pipeline.marts.mart import Mart
from tg_pipeline.marts.message_marts import FREQUENT_QUESTIONS
from tg_pipeline.marts.people_marts import ACTIVE_USERS, RETENTION
from tg_pipeline.query.tables import TELEGRAM

FIRST_ZONE: Final = "America/Sao_Paulo"
"""The zone that the original's queries are written for; another one takes its place."""

ORIGINALS: Final = (
    "messages_per_day",
    "messages_per_user_per_day",
    "text_length_per_user_per_day",
    "messages_per_hour_weekday_week",
)
"""The queries that the original was presented with, in its order."""


MARTS: Final = (
    DAILY_ACTIVITY,
    USER_ACTIVITY,
    COMMANDS,
    CONTENT_MIX,
    ACTIVE_USERS,
    RETENTION,
    FREQUENT_QUESTIONS,
)
"""Marts whose SQL says the same in Athena's dialect: plain aggregates and joins."""


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query, ready to be run in Athena."""

    name: str
    description: str
    sql: str


def original(name: str, zone: str) -> SavedQuery:
    """Give one of the original's queries, with clocks in `zone`."""
    text = (files(__package__) / "queries" / f"{name}.sql").read_text()
    return SavedQuery(name, _first_comment(text), text.replace(f"'{FIRST_ZONE}'", f"'{zone}'"))


def of_mart(mart: Mart, zone: str) -> SavedQuery:
    """Give the query that makes a mart, over Athena's tables and with clocks in `zone`."""
    athena_sql = to_athena(mart.sql, zone, {ENRICHED_UPDATES.name: TELEGRAM.name})
    return SavedQuery(f"mart_{mart.name}", mart.answers, athena_sql)


def saved_queries(zone: str) -> list[SavedQuery]:
    """Give all of them, with clocks in `zone`."""
    return [
        *(original(name, zone) for name in ORIGINALS),
        *(of_mart(mart, zone) for mart in MARTS),
    ]


def _first_comment(text: str) -> str:
    """Give the comment that a query begins with, as one line."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return " ".join(lines)
