"""Old names, for modules that still import them."""

from time import perf_counter

from tg_pipeline.defs.metadata import PartitionMetadata as DayReport
from tg_pipeline.defs.metadata import add_partition_metadata as report_day
from tg_pipeline.defs.metadata import as_dagster_failure as clear_failures
from tg_pipeline.defs.metadata import conservation_result as check_balances


class Stopwatch:
    """Seconds since the last lap."""

    def __init__(self) -> None:
        """Start."""
        self._since = perf_counter()

    def lap(self) -> float:
        """Return the seconds of this lap, and begin the next."""
        before, self._since = self._since, perf_counter()
        return self._since - before


__all__ = ["DayReport", "Stopwatch", "check_balances", "clear_failures", "report_day"]
