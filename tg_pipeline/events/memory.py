"""What the sensor of the events queue remembers from one look to the next: its cursor."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import msgspec


@dataclass(frozen=True, slots=True)
class Memory:
    """What Dagster has recorded: each look reads what the one before left, or an older one.

    A cursor is recorded after the runs that were asked for along with it. So a message whose day
    stands in `recorded` is not needed any more, and one that waits for a run still is.
    """

    recorded: frozenset[date] = frozenset()
    """Days asked for and not yet seen built, and days that are not over."""

    waiting: frozenset[date] = frozenset()
    """Days that something landed on and that are still to be asked for."""

    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """When the first day of those to be looked at came up; None while there is none."""

    attempt: str = ""
    """How often the days that are still due were asked for, as the look at the tables keeps it."""

    def as_cursor(self) -> str:
        """Give it as Dagster keeps it."""
        return msgspec.json.encode(self, order="deterministic").decode()

    @classmethod
    def read(cls, cursor: str | None) -> "Memory":
        """Read a cursor; one that is missing or damaged remembers nothing, which loses nothing."""
        try:
            return msgspec.json.decode(cursor or "{}", type=cls)
        except msgspec.MsgspecError:
            return cls()
