"""A partition is a local day, today included."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

import dagster as dg

from tg_pipeline.settings import load_settings

SETTINGS: Final = load_settings()

DAYS_A_RUN: Final = 31
"""A month in one run costs one start; years still spread over machines, month by month."""

daily_partitions: Final = dg.DailyPartitionsDefinition(
    start_date=SETTINGS.start_date.isoformat(),
    timezone=SETTINGS.timezone,
    end_offset=1,
)
"""All days since TG_START_DATE in TG_TIMEZONE. Today is one too, so that it can be looked at."""

WITH_DAY_BEFORE: Final = dg.TimeWindowPartitionMapping(
    start_offset=-1, end_offset=0, allow_nonexistent_upstream_partitions=True
)
"""An update without a time of its own, retried across midnight, lands on two days."""

MONTH_A_RUN: Final = dg.BackfillPolicy.multi_run(DAYS_A_RUN)


def days_of(context: dg.AssetExecutionContext) -> Iterator[date]:
    """Give the days that a run is to build, ascending."""
    yield from (date.fromisoformat(key) for key in context.partition_keys)


def span_tags(first: date, last: date) -> dict[str, str]:
    """Give the tags that make one run of all days from `first` to `last`."""
    return {
        "dagster/asset_partition_range_start": first.isoformat(),
        "dagster/asset_partition_range_end": last.isoformat(),
    }


def runs_of(days: Iterable[date]) -> list[tuple[date, date]]:
    """Give the days as spans without holes, first and last included, none longer than a run."""
    spans: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        first, last = spans[-1] if spans else (date.min, date.min)
        if day - last == timedelta(days=1) and (day - first).days < DAYS_A_RUN:
            spans[-1] = (first, day)
        else:
            spans.append((day, day))
    return spans
