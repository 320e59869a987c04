"""`Mart`, `ConservationRule`, shared columns."""

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from tg_pipeline.layers.schema import Column, Layer, Table, always, int64, string

DIGEST_CHARACTERS: Final = 16
"""Of a SHA-256 in hexadecimal: enough to tell one wording of a query from another."""

TIMEZONE: Final = "$timezone"
"""How a query names the time zone that days, weeks and hours are counted in."""

Step = Callable[[pa.Table], pa.Table]
"""What SQL does not do: a function over the whole result of the query."""


@dataclass(frozen=True, slots=True)
class ConservationRule:
    """Two counts that agree if a mart leaves nothing out and counts nothing twice."""

    name: str
    description: str
    input_rows: str
    """A query over the mart's sources that gives one number, or for a mart by day `each_day`."""
    output_rows: str
    """A query over the mart itself that gives the same."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mart:
    """A table made of other tables."""

    name: str
    """Of the asset, of the folder in the lake, and of the SQL file beside this module."""
    answers: str
    """What one can ask it, in a sentence."""
    limitations: str
    """What it is silent about, in a sentence."""
    columns: Mapping[str, Column]
    sources: tuple["Layer | Mart", ...]
    is_daily: bool = False
    """Whether a day of it is made of the same day of its sources; else all of it, of all days."""
    law: ConservationRule | None = None
    step: Step | None = None

    @property
    def schema(self) -> pa.Schema:
        """Give the Arrow schema, with a description on the table and on each column."""
        fields = [
            pa.field(name, column.type, not column.required, {"description": column.description})
            for name, column in self.columns.items()
        ]
        return pa.schema(fields, metadata={"description": self.answers})

    @property
    def sql(self) -> str:
        """Give the query, in DuckDB's dialect; its tables are the sources, by their names."""
        return Path(__file__).with_name("sql").joinpath(f"{self.name}.sql").read_text("utf-8")

    @property
    def needs_timezone(self) -> bool:
        """Say whether the answer depends on the time zone."""
        return TIMEZONE in self.sql

    @property
    def recipe(self) -> str:
        """Give a short text that changes when the same sources make another table."""
        columns = self.schema.to_string(truncate_metadata=False)
        parts = [self.sql, columns, *(_code(self.step) if self.step else [])]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:DIGEST_CHARACTERS]


def each_day(number: str, rows: str) -> str:
    """Give a query for a number of each day: `rows` are a table, and conditions on it."""
    return f"SELECT context_date, {number} FROM {rows} GROUP BY context_date"  # noqa: S608 - ours


def is_daily(table: Table) -> bool:
    """Say whether a table has a partition a day; all layers have."""
    return table.is_daily if isinstance(table, Mart) else True


def _code(step: Step) -> list[str]:
    """Return the code of a step: all modules of its package, subpackages included."""
    package = Path(inspect.getfile(step)).parent
    return [path.read_text("utf-8") for path in sorted(package.rglob("*.py"))]


def day(description: str) -> Column:
    """Declare a column of days."""
    return Column(pa.date32(), description)


def number(description: str) -> Column:
    """Declare a column of numbers that need not be whole: shares, seconds."""
    return Column(pa.float64(), description)


def count(description: str) -> Column:
    """Declare a column of counts, never null."""
    return always(int64(description))


BOT: Final = {"bot_id": always(int64("The bot that got the updates."))}
CHAT: Final = {"chat_id": int64("The chat, by the id it had then; null where there is none.")}
LASTING_CHAT: Final = {
    "chat_id": int64("The chat, by its newest id: a group that became a supergroup has one.")
}
KIND: Final = {
    "kind": always(
        string(
            "`message`, `channel_post`, `business_message` or `guest_message`: message ids of "
            "business chats are others than those of the same chat with the bot."
        )
    )
}
TOPIC: Final = {"topic_id": int64("The topic of a forum; null outside of topics.")}
WEEK: Final = {"week": always(day("The Monday of the ISO week, in `TG_TIMEZONE`."))}
MESSAGES: Final = {"messages": count("Messages sent; an edit sends none.")}
USERS: Final = {"users": count("Distinct people who did so; bots and chats are none.")}
