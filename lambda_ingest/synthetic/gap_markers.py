"""Markers of gaps: empty objects that say that updates of a day are missing on purpose.

The ids of a bot's updates ascend by one, so a missing id usually means a lost update. If updates
were left out at ingestion, the id of each would look like that. A marker holds nothing but its key.
"""

from datetime import date
from enum import Enum
from typing import Final

GAPS_PREFIX: Final = "gaps"
"""The folder of the landing zone that holds them."""


class GapReason(Enum):
    """Why updates were not stored."""

    FILTERED = "filtered"
    """They are of other chats than those that are stored."""

    SUPPRESSED = "suppressed"
    """They are of forgotten people."""


def gap_marker_key(day: date, bot_id: int, reason: GapReason) -> str:
    """Return the key of the marker that says that updates of a bot and a day were left out."""
    return f"{GAPS_PREFIX}/context_date={day.isoformat()}/{bot_id}-{reason.value}"
