"""A first look at enriched_updates: at which hours people write, and who writes most."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

HOURS: Final = 24

ACTIVITY_COLUMNS: Final = ["update_type", "event_at", "user_id", "user_first_name"]
"""What counting takes."""

SENT_TYPES: Final = pa.array(["message", "channel_post", "business_message", "guest_message"])
"""Messages as they are sent; an edit sends none."""


@dataclass(slots=True)
class Activity:
    """Messages by local hour of the day, and by user."""

    by_hour: Counter[int] = field(default_factory=Counter)
    by_user: Counter[int] = field(default_factory=Counter)
    names: dict[int, str] = field(default_factory=dict)
    """The first name of each user, as of the last row that has one."""

    def hours(self) -> list[int]:
        """Give the count of each hour from 0 to 23."""
        return [self.by_hour[hour] for hour in range(HOURS)]


def count_activity(batches: Iterable[pa.RecordBatch], zone: ZoneInfo) -> Activity:
    """Count the messages in batches of ACTIVITY_COLUMNS; hours are those of `zone`."""
    activity = Activity()
    local = pa.timestamp("us", tz=zone.key)
    for batch in batches:
        sent = batch.filter(pc.is_in(batch["update_type"], value_set=SENT_TYPES))
        activity.by_hour.update(_counts(pc.hour(sent["event_at"].cast(local))))
        activity.by_user.update(_counts(sent["user_id"]))
        names = zip(sent["user_id"].to_pylist(), sent["user_first_name"].to_pylist(), strict=True)
        activity.names.update({user: name for user, name in names if user and name})
    return activity


def _counts(values: pa.Array) -> dict[int, int]:
    pairs = pc.value_counts(values.drop_null()).to_pylist()
    return {pair["values"]: pair["counts"] for pair in pairs}
