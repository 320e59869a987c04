"""A day of deduped_updates: the raw rows of the day that are no repeats."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from tg_pipeline.builds.source import NOTHING, SOURCE
from tg_pipeline.lake.lake import Lake, Partition, Written
from tg_pipeline.layers.deduped_updates import (
    DEDUPED_UPDATES,
    KEY_COLUMNS,
    ReadKeys,
    drop,
    repeats,
)
from tg_pipeline.layers.raw_updates import RAW_UPDATES

DUPLICATES: Final = "duplicates"
"""The footer's name for the number of raw rows that were left out."""


@dataclass(frozen=True, slots=True)
class DedupedDay:
    """What a build of a day's deduped_updates found and left."""

    deduped: Written
    raw_rows: int
    """Rows of the day's raw_updates."""
    duplicates: int
    """Of these, copies of an update that landed earlier that day, or on the day before."""


def build_deduped_day(lake: Lake, day: date) -> DedupedDay:
    """Write a day's deduped_updates from raw_updates of that day and of the one before."""
    with (
        lake.open(RAW_UPDATES.name, day) as raw,
        lake.open(RAW_UPDATES.name, day - timedelta(days=1)) as day_before,
        lake.writer(DEDUPED_UPDATES.name, day, DEDUPED_UPDATES.schema) as output,
    ):
        dropped = repeats(_keys_of(raw), _keys_of(day_before), raw.rows + day_before.rows)
        for batch in drop(raw.batches(), dropped):
            output.write(batch)
        source = deduped_source(*(part.metadata.get(SOURCE, NOTHING) for part in (raw, day_before)))
        footer = {SOURCE: source, DUPLICATES: str(len(dropped))}
        return DedupedDay(output.commit(**footer), raw.rows, len(dropped))


def deduped_source(raw: str, day_before: str) -> str:
    """Give what a day's deduped_updates is built from: the sources of both days' raw_updates."""
    return f"{raw} after {day_before}"


def _keys_of(partition: Partition) -> ReadKeys:
    return lambda: partition.narrow(KEY_COLUMNS)
