"""The answer to one SELECT, as values of JSON, within limits of rows and characters.

For callers that pay for each character of a result, such as language models.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final, TypeVar

import duckdb

from lambda_ingest.store import first_line
from tg_pipeline.query.session import QueryColumn, QueryError, Session

MAX_ROWS: Final = 1_000
"""Rows that can be asked for: more are to be aggregated in SQL."""

MAX_CHARACTERS: Final = 100_000
"""Characters of all rows of an answer, some 25,000 tokens of a language model; those of the columns
are as many at most."""

MAX_CELL: Final = 4_200
"""Characters of a text in a row: those of Telegram's longest message, 4,096, and a few more."""

EXACT: Final = 2**53
"""The largest whole number that every reader of JSON keeps: a greater one is text, such as the ids
of what Telegram does not send as an update."""

CUT: Final = "…"
"""What follows a text that was cut."""

SEPARATOR: Final = '","'
"""What is between two texts of JSON: even empty texts take characters."""

_Value = TypeVar("_Value")


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
    """Whether the query has more rows, or a text, list or map was cut."""


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
    if sum(map(_header_characters, found)) > MAX_CHARACTERS:
        raise AnswerError(
            f"The names, types and descriptions of the columns have more than {MAX_CHARACTERS:,} "
            "characters: select fewer columns."
        )
    kept, is_cut = _within_limits(rows[:max_rows])
    return Answer(found, kept, len(kept) < len(rows) or is_cut)


def _header_characters(column: AnswerColumn) -> int:
    return len(column.name) + len(column.type) + len(column.description or "")


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


def _within_limits(rows: list[tuple[Any, ...]]) -> tuple[list[list[Any]], bool]:
    """Return the rows until MAX_CHARACTERS, and whether one of them is cut, as the first may be."""
    kept: list[list[Any]] = []
    values = _JsonValues(MAX_CHARACTERS)
    for row in rows:
        found = list(map(values.of, row))
        if kept and values.are_used_up:
            break
        kept.append(found)
    return kept, values.are_cut


class _JsonValues:
    """Makes values of JSON from those of DuckDB, until they have a number of characters."""

    def __init__(self, characters: int) -> None:
        self._left = characters
        self.are_cut = False
        """Whether a text was cut, or the end of a list or map was left out."""

    @property
    def are_used_up(self) -> bool:
        """Whether nothing more fits in."""
        return self._left < 0

    def of(self, value: Any) -> Any:
        """Return a value; texts and bytes are cut at MAX_CELL characters, or at what is left."""
        self._left -= len(SEPARATOR)
        match value:
            case dict():
                return {
                    self._text(key): self.of(each) for key, each in self._fitting(value.items())
                }
            case list() | tuple():
                return [self.of(each) for each in self._fitting(value)]
            case float() if not math.isfinite(value):
                return None
            case None | bool() | float():
                self._left -= len(str(value))
                return value
            case int() if abs(value) <= EXACT:
                self._left -= len(str(value))
                return value
        return self._text(value)

    def _fitting(self, values: Iterable[_Value]) -> Iterator[_Value]:
        for value in values:
            if self.are_used_up:
                self.are_cut = True
                return
            yield value

    def _text(self, value: Any) -> str:
        text, most = _as_text(value), max(0, min(MAX_CELL, self._left))
        if len(text) > most:
            self.are_cut, text = True, f"{text[:most]}{CUT}"
        self._left -= len(text)
        return text


def _as_text(value: Any) -> str:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case bytes():
            return value[: MAX_CELL + 1].decode("utf-8", "backslashreplace")
    return str(value)  # texts; great numbers, decimals, intervals, UUIDs


def _descriptions(columns: Mapping[str, Sequence[QueryColumn]], query: str) -> dict[str, str]:
    """Return the descriptions of the columns of the tables that a query names."""
    named = set(re.findall(r"\w+", query.lower()))
    found: dict[str, str] = {}
    for table, its_columns in columns.items():
        if table in named:
            for column in its_columns:
                found.setdefault(column.name, column.description)
    return found
