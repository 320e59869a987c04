"""The answer to one SELECT, as values of JSON, within limits of rows and characters.

For callers that pay for each character of a result, such as language models.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

import duckdb

from lambda_ingest.store import first_line
from tg_pipeline.query.session import QueryColumn, QueryError, Session

MAX_ROWS: Final = 1_000
"""Rows that can be asked for: more are to be aggregated in SQL."""

MAX_CHARACTERS: Final = 100_000
"""Characters of all rows of an answer, some 25,000 tokens of a language model."""

MAX_CELL: Final = 4_200
"""Characters of a text in a row: those of Telegram's longest message, 4,096, and a few more."""

EXACT: Final = 2**53
"""The largest whole number that every reader of JSON keeps: a greater one is text, such as the ids
of what Telegram does not send as an update."""

CUT: Final = "…"
"""What follows a text that was cut."""


class AnswerError(Exception):
    """A query can't be answered; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """A column of an answer."""

    name: str
    type: str
    """DuckDB's."""
    description: str | None
    """That of the column of this name in a table that the query names; None if there is none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of a query, as lists of values of JSON in the order of the columns."""

    columns: list[AnswerColumn]
    rows: list[list[Any]]
    truncated: bool
    """Whether the query has more rows, or a text was cut."""


def answer(
    session: Session, columns: Mapping[str, Sequence[QueryColumn]], query: str, max_rows: int
) -> Answer:
    """Run a query that is one SELECT; `columns` are those of the tables. Raises AnswerError."""
    try:
        statement = _only_select(session, query)
        names, types, rows = session.ask(statement, lambda found: _read(found, max_rows + 1))
    except QueryError as error:
        raise AnswerError(first_line(error)) from error
    described = _descriptions(columns, query)
    found = [
        AnswerColumn(name, kind, described.get(name))
        for name, kind in zip(names, types, strict=True)
    ]
    kept = list(_within_limits(rows[:max_rows]))
    is_cut = any(
        isinstance(each, str | bytes) and len(each) > MAX_CELL for row in rows for each in row
    )
    return Answer(found, kept, len(kept) < len(rows) or is_cut)


def _only_select(session: Session, query: str) -> duckdb.Statement:
    try:
        statements = session.statements(query)
        kinds = [each.type for each in statements]
    except ValueError:  # a statement whose kind has no name in Python, such as UPDATE EXTENSIONS
        kinds = []
    if kinds != [duckdb.StatementType.SELECT]:
        raise AnswerError(
            "Only one statement is allowed, and it must be a SELECT (also WITH, FROM, DESCRIBE, "
            "SUMMARIZE)."
        )
    return statements[0]


def _read(
    found: duckdb.DuckDBPyRelation, rows: int
) -> tuple[list[str], list[str], list[tuple[Any, ...]]]:
    return found.columns, list(map(str, found.types)), found.limit(rows).fetchall()


def _within_limits(rows: list[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """Yield rows until MAX_CHARACTERS, but always the first one."""
    characters = 0
    for number, row in enumerate(rows):
        values = list(map(as_json, row))
        characters += sum(len(str(value)) for value in values)
        if number and characters > MAX_CHARACTERS:
            return
        yield values


def as_json(value: Any) -> Any:
    """Return a value of DuckDB as one of JSON; texts and bytes are cut at MAX_CELL characters."""
    match value:
        case None | bool():
            return value
        case int():
            return value if abs(value) <= EXACT else str(value)
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {_as_text(key): as_json(each) for key, each in value.items()}
        case list() | tuple():
            return list(map(as_json, value))
    return _as_text(value)


def _as_text(value: Any) -> str:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case bytes():
            text = value[: MAX_CELL + 1].decode("utf-8", "backslashreplace")
        case _:  # texts; decimals, intervals, UUIDs
            text = str(value)
    return text if len(text) <= MAX_CELL else f"{text[:MAX_CELL]}{CUT}"


def _descriptions(columns: Mapping[str, Sequence[QueryColumn]], query: str) -> dict[str, str]:
    """Return the descriptions of the columns of the tables that a query names."""
    named = set(re.findall(r"\w+", query.lower()))
    found: dict[str, str] = {}
    for table, its_columns in columns.items():
        if table in named:
            for column in its_columns:
                found.setdefault(column.name, column.description)
    return found
