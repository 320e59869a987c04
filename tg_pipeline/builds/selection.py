"""The marts of one bot or one chat, evaluated in memory by their own SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.marts.catalog import STORED_MARTS
from tg_pipeline.marts.cumulative import QUESTIONS
from tg_pipeline.marts.duckdb_engine import DAY, run_query
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.marts.people import BOTS, CHATS, USERS
from tg_pipeline.report.models import Subject

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SELECTED: Final = (ENRICHED_UPDATES, QUESTIONS)
"""The tables of which rows are selected; all other marts are made from these. Grouping questions
takes long, so the stored groups are used."""

SELECTION_TABLES: Final = frozenset(table.name for table in (*SELECTED, BOTS, USERS, CHATS))
"""The tables that are read for a selection: those, and the names of bots and chats."""

BOT_NAMES: Final = "SELECT first_name, username FROM bots WHERE bot_id = $number"

CHAT_NAMES: Final = """
    SELECT
        coalesce(newest.title, users.first_name),
        newest.username,
        coalesce(newest.type = 'private', FALSE)
    FROM chats
    INNER JOIN chats AS newest ON chats.newest_chat_id = newest.chat_id
    -- A private chat has the number of the person.
    LEFT JOIN users ON newest.chat_id = users.user_id
    WHERE chats.chat_id = $number
"""

CHAT_IDS: Final = """
    SELECT others.chat_id
    FROM chats
    INNER JOIN chats AS others ON chats.newest_chat_id = others.newest_chat_id
    WHERE chats.chat_id = $number
    ORDER BY others.chat_id
"""
"""A group that became a supergroup has an old id and a new one."""


class NothingSelectedError(Exception):
    """The lake has no updates of a bot or chat."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The bot and the chat whose updates are counted; None for all."""

    bot_id: int | None = None
    chat_id: int | None = None

    def __str__(self) -> str:
        """Return it in words."""
        parts = {"bot": self.bot_id, "chat": self.chat_id}
        return " and ".join(f"{what} {id_}" for what, id_ in parts.items() if id_ is not None)


def read_subjects(
    engine: "DuckDBPyConnection", selection: Selection
) -> tuple[Subject | None, Subject | None]:
    """Return the bot and the chat of a selection, with their names as far as they are known."""
    chosen = ((BOT_NAMES, selection.bot_id), (CHAT_NAMES, selection.chat_id))
    bot, chat = (None if id_ is None else _subject(engine, query, id_) for query, id_ in chosen)
    return bot, chat


def first_day(engine: "DuckDBPyConnection", selection: Selection) -> date:
    """Return the first day with selected updates; raises NothingSelectedError."""
    query = f"SELECT min(context_date) FROM enriched_updates WHERE {_condition(engine, selection)}"  # noqa: S608 - only numbers
    day: date | None = engine.sql(query).fetchall()[0][0]
    if day is None:
        raise NothingSelectedError(f"The lake has no updates of {selection}.")
    return day


def select_updates(
    engine: "DuckDBPyConnection", selection: Selection, parameters: MartParameters
) -> None:
    """Replace the tables by those of the selected updates; enriched_updates must have all days."""
    condition = _condition(engine, selection)
    # A bot's own report counts what it received, also if another bot received it as well.
    copies = "is_copy" if selection.bot_id is None else "FALSE"
    for table in SELECTED:
        engine.execute(f"ALTER VIEW {table.name} RENAME TO all_{table.name}")
        rows = f"SELECT * REPLACE ({copies} AS is_copy) FROM all_{table.name} WHERE {condition}"  # noqa: S608 - only names and numbers
        engine.execute(f"CREATE TEMP VIEW {table.name} AS {rows}")
    for mart in STORED_MARTS:
        if mart not in SELECTED:
            schema = mart.schema.append(DAY) if mart.is_daily else mart.schema
            rows = f"selected_{mart.name}"
            batches = run_query(engine, mart, parameters)
            engine.register(rows, pa.Table.from_batches(batches, schema))
            engine.execute(f"CREATE OR REPLACE TEMP VIEW {mart.name} AS SELECT * FROM {rows}")  # noqa: S608 - ours


def _subject(engine: "DuckDBPyConnection", query: str, number: int) -> Subject:
    names = engine.execute(query, {"number": number}).fetchone()
    return Subject(number, *(names or ()))


def _condition(engine: "DuckDBPyConnection", selection: Selection) -> str:
    """Return the SQL condition of the selected rows."""
    conditions = []
    if selection.bot_id is not None:
        conditions.append(f"bot_id = {selection.bot_id:d}")
    if selection.chat_id is not None:
        ids = ", ".join(f"{number:d}" for number in _chat_ids(engine, selection.chat_id))
        conditions.append(f"chat_id IN ({ids})")
    return " AND ".join(conditions) or "TRUE"


def _chat_ids(engine: "DuckDBPyConnection", chat_id: int) -> Sequence[int]:
    """Return all ids of a chat."""
    found = engine.execute(CHAT_IDS, {"number": chat_id}).fetchall()
    return [number for (number,) in found] or [chat_id]
