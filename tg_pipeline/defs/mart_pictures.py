"""What a mart says at a glance: a chart of its own on its page, drawn from what is stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import dagster as dg
import pyarrow as pa

from tg_pipeline.defs.mart_charts import (
    answers,
    by_day,
    by_hour,
    came_back,
    columns_as_bars,
    most,
    resolved,
    waits,
)
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.marts.mart import Mart


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart of a mart: what it shows, the columns it reads, and how it is drawn of them."""

    name: str
    columns: str
    """Their names, a space between them."""
    draw: Callable[[str, pa.Table], str]
    """Takes a title, and the columns in that order; gives a Markdown image."""


PICTURES: Final = {
    "daily_activity": Picture("messages_by_chat", "chat_title chat_type messages", most),
    "hourly_activity": Picture("messages_by_hour", "hour messages", by_hour),
    "user_activity": Picture("messages_by_first_name", "user_first_name messages", most),
    "commands": Picture("uses_by_command", "command uses", most),
    "content_mix": Picture("messages_by_content", "content_type messages", most),
    "reactions": Picture("given_by_reaction", "reaction added", most),
    "members": Picture("joins_and_leaves", "joins leaves", columns_as_bars),
    "active_users": Picture("people_by_day", "day daily_users", by_day),
    "retention": Picture("share_back_by_week_since", "week_offset returned cohort_size", came_back),
    "messages": Picture("messages_by_day", "sent_on", by_day),
    "questions": Picture("questions_by_language", "language", most),
    "frequent_questions": Picture("most_asked", "group_name questions", most),
    "threads": Picture("answers_by_whom", "answered_by is_answer_visible", answers),
    "response_times": Picture(
        "median_wait_by_week", "week answered_by answered median_seconds", waits
    ),
    "resolution": Picture("share_resolved_by_week", "week resolved answered unanswered", resolved),
}
"""By mart. Those of a day show that day, the others all days, as far as there is room."""


def mart_picture(lake: Lake, mart: Mart, day: date | None) -> Mapping[str, dg.MetadataValue[Any]]:
    """Give the chart of a mart, or of a day of it, under its name; none where there are no rows."""
    picture = PICTURES[mart.name]
    columns = picture.columns.split()
    with lake.open(mart.name, day) as partition:
        batches = list(partition.project(columns))
    if not batches:
        return {}
    rows = pa.Table.from_batches(batches).select(columns)
    return {picture.name: dg.MetadataValue.md(picture.draw(picture.name.replace("_", " "), rows))}
