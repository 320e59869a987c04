"""Marts of a lake as tests build and read them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tg_pipeline.builds.marts import MartBuilder, MartBuildResult, mart_builder
from tg_pipeline.lake.partitions import Lake, PartitionName
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.marts.mart import Mart, MartParameters, TableGrain


@dataclass(frozen=True)
class MartBuilds:
    """Builds marts of a lake, each by a builder of its own, as steps of different runs do."""

    lake: Lake
    parameters: MartParameters

    def build(self, mart: Mart) -> list[MartBuildResult]:
        with mart_builder(self.lake, self.parameters) as builder:
            return builder.build(mart)

    def build_days(self, mart: Mart, days: Sequence[date]) -> list[MartBuildResult]:
        with mart_builder(self.lake, self.parameters) as builder:
            return builder.build_days(mart, days)


def build_marts(builder: MartBuilder | MartBuilds, days: Iterable[date]) -> list[MartBuildResult]:
    """Build the days of all daily marts, and all cumulative marts."""
    wanted = sorted(days)
    results = [each for mart in DAILY_MARTS for each in builder.build_days(mart, wanted)]
    return results + [each for mart in CUMULATIVE_MARTS for each in builder.build(mart)]


def partitions_of(lake: Lake, mart: Mart) -> Sequence[PartitionName]:
    """Return the stored partitions of a mart."""
    if mart.grain is TableGrain.WHOLE:
        return [None]
    return lake.days(mart.name) if mart.grain is TableGrain.DAY else lake.months(mart.name)


def rows_of(lake: Lake, mart: Mart, day: date | None = None) -> list[dict[str, Any]]:
    """Return the rows of a mart, or of a day of a daily mart."""
    rows = []
    for name in [day] if day and mart.is_daily else partitions_of(lake, mart):
        with lake.open(mart.name, name) as partition:
            rows += [row for batch in partition.batches() for row in batch.to_pylist()]
    return rows
