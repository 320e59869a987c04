"""`Mart`, the declaration of a table made by one SQL query; and columns that many marts share."""

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from functools import cache
from pathlib import Path
from textwrap import indent
from typing import Any, Final

import pyarrow as pa

from tg_pipeline.layers.schema import Column, Layer, Table, always, int64, plain, string
from tg_pipeline.questions import NO_TOPICS, OperatorTopics

CODE_SUFFIXES: Final = {".py", ".toml"}

HASH_CHARACTERS: Final = 16
"""Hexadecimal digits kept of a SHA-256: enough to tell versions of a definition apart."""

WITH: Final = "\nWITH "
"""The beginning of a query with named tables, after its comment."""

INDENTATION: Final = " " * 4
"""Of a query within another one, as shown in Dagster's UI."""

PostProcess = Callable[..., pa.Table]
"""A function of the query's whole result, for what SQL can't do; it may take parameters by name."""


class TableGrain(Enum):
    """What a mart has a partition for."""

    DAY = auto()
    MONTH = auto()
    WHOLE = auto()
    """It is one object."""


class Span(Enum):
    """Which partitions of a source a month of a mart is made from."""

    SAME = auto()
    """The month, or its days."""
    SENT = auto()
    """The days of enriched_updates with a version of a message that was sent in the month."""
    FOLLOWED = auto()
    """The month, or its days, and the `CONTEXT` after it."""
    BEFORE_AND_FOLLOWED = auto()
    """The month before, too."""
    UP_TO = auto()
    """The month and all months before it."""
    MOVES = auto()
    """All months; but only moves of groups that wrote in the month count as a change."""


CONTEXT: Final = timedelta(days=17)
"""How long after a month its questions are followed: two days in which an edit can make a message a
question (people can edit for 48 hours), 14 in which an answer counts, and one for thanks."""


@dataclass(frozen=True, slots=True)
class Sending:
    """The times that the query of a monthly mart refers to; by default, it is of all times."""

    begins: datetime = datetime(1, 1, 2, tzinfo=UTC)
    """`$begins`: messages sent before then are in an earlier month."""
    ends: datetime = datetime(9999, 12, 30, tzinfo=UTC)
    """`$ends`: messages sent from then on are in a later month."""
    followed_until: datetime = datetime(9999, 12, 30, tzinfo=UTC)
    """`$followed_until`: messages sent from then on are not read."""


ALL_TIMES: Final = Sending()


@dataclass(frozen=True, slots=True)
class MartParameters:
    """The settings that a mart's query can refer to: `$timezone`, `$business_hours`, …."""

    timezone: str
    """The time zone of days, weeks and hours."""
    business_hours: str = ""
    """When questions are to be answered, such as `Mon-Fri 09:00-18:00`; empty for always."""
    bot_usernames: str = "{}"
    """A JSON object: the username of each known bot, in lower case, by its id."""
    meanings: str = ""
    """The sentence encoder that questions are grouped with, and its version; empty for none."""
    topics: OperatorTopics = NO_TOPICS
    """The topics that the operator names; a footer has their digest."""

    def recorded_for(self, mart: "Mart") -> dict[str, str]:
        """Return the parameters that a mart depends on, as its footer records them."""
        names = mart.post_process_parameters
        return self.used_by(mart.sql) | {name: str(getattr(self, name)) for name in names}

    def used_by(self, sql: str) -> dict[str, str]:
        """Return the parameters that a query refers to, by name."""
        return parameters_used(self, sql)


def parameters_used(parameters: MartParameters | Sending, sql: str) -> dict[str, Any]:
    """Return those of the parameters that a query refers to, by name."""
    names = (each.name for each in fields(parameters))
    return {name: getattr(parameters, name) for name in names if f"${name}" in sql}


@dataclass(frozen=True, slots=True)
class ConservationRule:
    """Two counts that are equal if a mart leaves nothing out and counts nothing twice."""

    name: str
    description: str
    input_rows: str
    """A query over the mart's sources for one number; for a daily mart, see `each_day`."""
    output_rows: str
    """A query over the mart for the same number."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mart:
    """A table made from other tables."""

    name: str
    """The name of the asset, of the folder in the lake, and of the file in `sql/`."""
    query: str = ""
    """The name of the file in `sql/`, if it is another mart's, of which `post_process` makes both.
    """
    shared_query: str = ""
    """The name of a file in `sql/` with a query that those of several marts read as a table."""
    description: str
    """The question that it answers, in a sentence."""
    limitations: str
    """What it can't know, in a sentence."""
    columns: Mapping[str, Column]
    sources: tuple["Layer | Mart", ...]
    grain: TableGrain = TableGrain.WHOLE
    """A day is made from that day of its sources, a month as `spans` says, a whole from all."""
    spans: Mapping[str, Span] = field(default_factory=dict)
    """For a monthly mart, which partitions of a source a month is made from; SAME unless stated."""
    is_partial: bool = False
    """Whether it is only an intermediate result of a month, which other marts are made from: it is
    built with them, and is no table of the SQL console or Athena."""
    lookback_days: int = 0
    """Earlier days of its sources that a day of a daily mart is also made from.

    `context_date` tells the days apart. The query must not look further back than this, even if
    it is given more days because several are built together.
    """
    conservation_rule: ConservationRule | None = None
    post_process: PostProcess | None = None
    post_process_parameters: tuple[str, ...] = ()
    """The fields of MartParameters that `post_process` takes, by their names."""

    @property
    def is_daily(self) -> bool:
        """Whether it has a partition per day."""
        return self.grain is TableGrain.DAY

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, with a description of the table and of each column."""
        fields = [
            pa.field(name, column.type, not column.required, {"description": column.description})
            for name, column in self.columns.items()
        ]
        return pa.schema(fields, metadata={"description": self.description})

    @property
    def sql(self) -> str:
        """The query, in DuckDB's dialect; its tables are the sources, by their names."""
        return _read_query(self.query or self.name, self.shared_query)

    @property
    def definition_hash(self) -> str:
        """A hash of the query, the columns and the code of `post_process`.

        If it changes, the mart is built again from the same sources.
        """
        return _hash_definition(self)


@cache
def _read_query(name: str, shared: str) -> str:
    """Return a query; the shared one becomes the first table of its WITH."""
    query = _read_file(name)
    if not shared:
        return query
    before, begin, tables = query.partition(WITH)
    return f"{before}{begin}{shared} AS (\n{indent(_read_file(shared), INDENTATION)}),\n\n{tables}"


def _read_file(name: str) -> str:
    return Path(__file__).with_name("sql").joinpath(f"{name}.sql").read_text("utf-8")


@cache
def _hash_definition(mart: Mart) -> str:
    """Return the hash of the definition that this process has: it reads the query only once."""
    columns = mart.schema.to_string(truncate_metadata=False)
    parts = [mart.sql, columns, *(_source_code(mart.post_process) if mart.post_process else [])]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:HASH_CHARACTERS]


def _source_code(function: PostProcess) -> list[str]:
    """Return the source code and the data files of the function's package."""
    folder = Path(inspect.getfile(function)).parent
    paths = (path for path in folder.rglob("*") if path.suffix in CODE_SUFFIXES)
    return [path.read_text("utf-8") for path in sorted(paths)]


def each_day(number: str, rows: str) -> str:
    """Return a query for one number per day; `rows` is a table, and conditions on its rows."""
    return f"SELECT context_date, {number} FROM {rows} GROUP BY context_date"  # noqa: S608 - ours


def grain_of(table: Table) -> TableGrain:
    """Return what a table has a partition for: a layer has one per day."""
    return table.grain if isinstance(table, Mart) else TableGrain.DAY


def shown_sources(mart: Mart) -> list["Layer | Mart"]:
    """Return the tables that a mart is made from, with those of intermediate results instead."""
    found: list[Layer | Mart] = []
    for table in mart.sources:
        is_partial = isinstance(table, Mart) and table.is_partial
        found += shown_sources(table) if isinstance(table, Mart) and is_partial else [table]
    return list(dict.fromkeys(found))


def is_daily(table: Table) -> bool:
    """Return whether a table has a partition per day."""
    return grain_of(table) is TableGrain.DAY


def day(description: str) -> Column:
    """Declare a column of days."""
    return Column(pa.date32(), description)


def number(description: str) -> Column:
    """Declare a column of floating-point numbers: shares, seconds."""
    return Column(pa.float64(), description)


def count(description: str) -> Column:
    """Declare a column of counts, never null."""
    return plain(always(int64(description)))


def plain_id(description: str) -> Column:
    """Declare a column of ids that are not those of people, never null."""
    return plain(always(int64(description)))


def kind(description: str) -> Column:
    """Declare a column of names of kinds, such as update types: no words of people."""
    return plain(string(description))


BOT: Final = {
    "bot_id": plain_id(
        "The bot that received the update; where several bots received the same one, figures "
        "count it for the one with the lowest id."
    )
}
CHAT: Final = {
    "chat_id": int64("The chat, by the id that it had then; null if the update has none.")
}
LASTING_CHAT: Final = {
    "chat_id": int64("The chat, by its newest id: a group that became a supergroup has one.")
}
KIND: Final = {
    "kind": always(
        kind(
            "`message`, `channel_post`, `business_message` or `guest_message`: message ids of "
            "business chats are others than those of the same chat with the bot."
        )
    )
}
TOPIC: Final = {"topic_id": plain(int64("The topic of a forum; null outside of topics."))}
WEEK: Final = {"week": always(day("The Monday of the ISO week, in `TG_TIMEZONE`."))}
MESSAGES: Final = {
    "messages": count(
        "Written messages, by people, bots and channels; no service messages, no edits."
    )
}
WRITERS: Final = {
    "users": count("Distinct people who wrote them; away messages are sent without the person.")
}
