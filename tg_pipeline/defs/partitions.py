"""Daily partitions: one per local day, today included."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final

import dagster as dg

from tg_pipeline.builds.monitoring.outside_days import PartitionRange
from tg_pipeline.lake.floors import Floors
from tg_pipeline.settings import load_settings

SETTINGS: Final = load_settings()

DAYS_PER_RUN: Final = 31
"""Days: a month in one run pays for one process start, and years can still run in parallel."""

PARTITION: Final = "dagster/partition"
RANGE_START: Final = "dagster/asset_partition_range_start"
RANGE_END: Final = "dagster/asset_partition_range_end"
"""Dagster's tags of a run with one partition, and of a run with a range of partitions."""

daily_partitions: Final = dg.DailyPartitionsDefinition(
    start_date=SETTINGS.start_date.isoformat(),
    timezone=SETTINGS.timezone,
    end_offset=1,
)
"""All days since TG_START_DATE in TG_TIMEZONE. Today is included, so that it can be built early."""


def with_days_before(count: int) -> dg.TimeWindowPartitionMapping:
    """Return the mapping of a day to itself and to `count` days before it, as far as they exist."""
    return dg.TimeWindowPartitionMapping(
        start_offset=-count, end_offset=0, allow_nonexistent_upstream_partitions=True
    )


WITH_DAY_BEFORE: Final = with_days_before(1)
"""An update without an event time that is retried across midnight lands on two days. Copies on days
further apart are found as well; a mapping can't say on which days they are."""

MONTHLY_BACKFILL: Final = dg.BackfillPolicy.multi_run(DAYS_PER_RUN)


def partition_dates(context: dg.AssetExecutionContext) -> Iterator[date]:
    """Return the days of a run, ascending."""
    yield from (date.fromisoformat(key) for key in context.partition_keys)


def partitions_at(now: datetime, floors: Floors) -> PartitionRange:
    """Return the days that have a partition at a time, which must have a time zone."""
    return PartitionRange(SETTINGS.start_date, now.astimezone(SETTINGS.zone).date(), floors)


def range_tags(first: date, last: date) -> dict[str, str]:
    """Return the tags of a run that builds all days from `first` to `last`."""
    return {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}


def dates_of_tags(tags: Mapping[str, str]) -> list[date]:
    """Return the days that a run with these tags builds, ascending; none if it has no days."""
    first = tags.get(RANGE_START) or tags.get(PARTITION)
    last = tags.get(RANGE_END) or first
    if not first or not last:
        return []
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return []
    return [begin + timedelta(days=number) for number in range((end - begin).days + 1)]


def group_into_ranges(days: Iterable[date]) -> list[tuple[date, date]]:
    """Group days into ranges without gaps (first and last day), none longer than DAYS_PER_RUN."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        first, last = ranges[-1] if ranges else (date.min, date.min)
        if day - last == timedelta(days=1) and (day - first).days < DAYS_PER_RUN:
            ranges[-1] = (first, day)
        else:
            ranges.append((day, day))
    return ranges
