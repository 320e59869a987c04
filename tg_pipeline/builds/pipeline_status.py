"""What is said of the pipeline to a monitor; docs/monitoring.md is what that may rely on."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

VERSION: Final = 1
"""Of the keys: one more does not change it; one that is gone, or means something else, does."""


@dataclass(frozen=True, slots=True)
class DueDay:
    """The newest day whose nightly run was due."""

    day: date
    verdict: str
    objects: int
    rows: dict[str, int]
    """By table, layers and daily marts; one that was never built is not named."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days looked at, all of them due."""

    looked_at: int
    first: date | None
    last: date | None
    missing: list[date]
    late: list[date]
    without_marts: list[date]
    overdue: list[date]
    """Those that should have been built by now."""
    lag: int
    """From the oldest that is not built to the newest due, both included; 0 where all are."""


@dataclass(frozen=True, slots=True)
class Landing:
    """What landed."""

    last_at: datetime | None
    """When the newest object was written, of those on the days looked at and since."""
    pending_objects: int
    """On the days looked at: landed, and not read yet."""
    open_objects: int
    """On days whose nightly run is still to come."""
    rejected_objects: int
    """Bodies that no door could take for an update."""
    rejected_events: int
    """Messages of the events queue that could not be read."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What was built."""

    last_written_at: datetime | None
    """When a day of enriched_updates was written last."""
    quarantined_rows: int
    """On the days looked at."""


@dataclass(frozen=True, slots=True)
class PipelineStatus:
    """How the pipeline stands."""

    version: int
    at: datetime
    timezone: str
    ok: bool
    """Whether nothing is overdue."""
    due: DueDay | None
    """None before the first day is due."""
    days: Days
    landing: Landing
    tables: Tables
