"""What a job on Spark reports of each table that it built; read by Dagster without pyspark."""

from datetime import date
from typing import Any, Final

import msgspec

from tg_pipeline.builds.layers import Conservation, DedupedBuildResult, EnrichedBuildResult
from tg_pipeline.builds.marts import MartBuildResult
from tg_pipeline.builds.raw_updates import RawBuildResult
from tg_pipeline.lake.partitions import PartitionStats

LayerBuilt = RawBuildResult | DedupedBuildResult | EnrichedBuildResult

TABLE: Final = "table"
DAY: Final = "day"
BUILT: Final = "built"


class MartBuilt(msgspec.Struct, frozen=True):
    """A day of a mart."""

    written: PartitionStats
    is_new: bool
    counts: tuple[int, int] | None
    """Those of its conservation rule: rows in, and rows accounted for."""

    @classmethod
    def of(cls, result: MartBuildResult) -> "MartBuilt":
        """Return the outcome of building a day."""
        found = result.conservation
        counts = (found.input_rows, found.output_rows) if found else None
        return cls(result.written, result.is_new, counts)

    def result(self, day: date) -> MartBuildResult:
        """Return it as a build in this process returns it."""
        conservation = Conservation(day, *self.counts) if self.counts else None
        return MartBuildResult(day, self.written, self.is_new, conservation)


def to_message(table: str, day: date, built: LayerBuilt | MartBuildResult) -> dict[str, Any]:
    """Return the message about a table's day, of JSON's types."""
    content = MartBuilt.of(built) if isinstance(built, MartBuildResult) else built
    return {TABLE: table, DAY: day.isoformat(), BUILT: msgspec.to_builtins(content)}
