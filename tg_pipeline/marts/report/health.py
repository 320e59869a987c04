"""What the report knows of the data it is made of: what is late, unreadable, double or missing."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class HealthDay:
    """A day of the lake."""

    day: date
    landed: int
    """Objects in the landing zone."""
    updates: int
    """Rows of deduped_updates."""
    quarantined: int
    duplicates: int
    is_missing: bool
    """Something landed, and a table of it was never built."""
    is_late: bool
    """It was built, and something landed since."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers missing among the updates of a bot, up to an update of a day."""

    bot_id: int
    day: date
    missing: int


@dataclass(frozen=True, slots=True)
class Health:
    """The days of a period, and what is missing among them."""

    days: list[HealthDay] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    last_landed: datetime | None = None
    """When the newest update of the lake landed, aware; None where there is none."""
    first_day: date | None = None
    """The first day of the lake; None where it is empty."""
    are_marts_behind: bool = False
    """A mart was never built, or not from the updates as they are now."""
    is_filtered: bool = False
    """Only some chats are kept, so that the updates of the others are missing by intent."""

    @property
    def missing_updates(self) -> int:
        """Give how many numbers are missing in all."""
        return sum(gap.missing for gap in self.gaps)
