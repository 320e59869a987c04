"""`tg-pipeline summary`: what the lake holds, and a first look at what it says."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import pyarrow as pa
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from tg_pipeline.builds.staleness import DayState, day_states, known_days
from tg_pipeline.cli.console import out
from tg_pipeline.cli.context import open_lake, open_landing
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.activity import ACTIVITY_COLUMNS, Activity, count_activity
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline.settings import load_settings

BUSIEST_HOURS: Final = 3
MOST_ACTIVE_USERS: Final = 3
BAR_CELLS: Final = 24
"""Characters that the longest bar of a table takes."""


def summary() -> None:
    """Show what each layer holds, the busiest hours, and the most active users."""
    settings = load_settings()
    landing, lake = open_landing(settings), open_lake(settings)
    days = known_days(landing, lake)
    out.print(_layers(day_states(landing, lake, days)))
    activity = count_activity(_enriched(lake, days), settings.zone)
    out.print(_hours(activity, settings.timezone))
    out.print(_users(activity))


def _enriched(lake: Lake, days: Iterable[date]) -> Iterator[pa.RecordBatch]:
    for day in days:
        with lake.open(ENRICHED_UPDATES.name, day) as partition:
            yield from partition.project(ACTIVITY_COLUMNS)


def _layers(states: list[DayState]) -> Table:
    table = Table(title="The lake")
    table.add_column("layer")
    for name in ("days", "rows", "bytes", "duplicates", "quarantined"):
        table.add_column(name, justify="right")
    quarantined = sum(state.layers[QUARANTINE.name].rows for state in states)
    duplicates = sum(state.layers[DEDUPED_UPDATES.name].duplicates for state in states)
    for layer in ALL_LAYERS:
        days = [state.layers[layer.name] for state in states]
        table.add_row(
            layer.name,
            f"{sum(day.source is not None for day in days):,}",
            f"{sum(day.rows for day in days):,}",
            decimal(sum(day.bytes for day in days)),
            f"{duplicates:,}" if layer is DEDUPED_UPDATES else "",
            f"{quarantined:,}" if layer is RAW_UPDATES else "",
        )
    return table


def _hours(activity: Activity, zone: str) -> Table:
    ranked = [
        (f"{hour:02d}–{hour + 1:02d} h", n) for hour, n in _top(activity.by_hour, BUSIEST_HOURS)
    ]
    return _bars(f"The busiest hours ({zone})", "hour", ranked)


def _users(activity: Activity) -> Table:
    top = _top(activity.by_user, MOST_ACTIVE_USERS)
    ranked = [(f"{_shown(activity.names.get(user, '?'))} ({user})", n) for user, n in top]
    return _bars("The most active users", "user", ranked)


def _shown(name: str) -> str:
    """Give a name without what a terminal would obey instead of showing it."""
    return escape("".join(letter for letter in name if letter.isprintable()))


def _top(counts: dict[int, int], how_many: int) -> list[tuple[int, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:how_many]


def _bars(title: str, what: str, ranked: list[tuple[str, int]]) -> Table:
    table = Table(title=title)
    table.add_column(what)
    table.add_column("messages", justify="right")
    table.add_column("")
    most = max((count for _, count in ranked), default=1)
    for name, count in ranked:
        table.add_row(name, f"{count:,}", "█" * max(1, round(BAR_CELLS * count / most)))
    return table
