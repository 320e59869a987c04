"""What a run says of each day it built: its counts, a preview, and a line in the log."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import Any, Final

import dagster as dg
from obstore.exceptions import BaseError

from lambda_ingest.store import StoreError, first_line
from tg_pipeline.builds.layers import Conservation, RawBuildResult
from tg_pipeline.defs.columns import column_lineage
from tg_pipeline.defs.pictures import preview
from tg_pipeline.defs.run_logs import failures_logged, log_day
from tg_pipeline.lake.errors import TransientStoreError
from tg_pipeline.lake.partitions import Lake, PartitionStats
from tg_pipeline.layers.schema import Table

LANDING: Final = "landing"
"""The external asset that the doors fill."""

Count = int | dg.MetadataValue[Any]
"""A number of a day, or a picture of it."""

MAY_PASS: Final = (ConnectionError, TimeoutError, InterruptedError, BlockingIOError)
"""Errors of the system that trying again may mend; a full disk is still full in ten seconds."""


STOPPED: Final = "stopped; the days already written stand"
"""What a run says that was told to stop: Dagster would else try it again."""


@dataclass(frozen=True, slots=True)
class DayReport:
    """A table's day as it was written, and how long that took in seconds."""

    table: Table
    day: date | None
    """None for a table that has no days."""
    written: PartitionStats
    seconds: float


class Stopwatch:
    """Seconds since it was made, or since it was last asked."""

    def __init__(self) -> None:
        """Start."""
        self._since = perf_counter()

    def lap(self) -> float:
        """Give the seconds of this lap, and begin the next."""
        before, self._since = self._since, perf_counter()
        return self._since - before


def report_day(
    context: dg.AssetExecutionContext,
    lake: Lake,
    report: DayReport,
    columns: list[str],
    counts: Mapping[str, Count],
) -> None:
    """Attach a day's own counts and its first rows to its partition, and log it."""
    rows = "dagster/partition_row_count" if report.day else "dagster/row_count"
    numbers = {
        "rows": report.written.rows,
        "bytes": report.written.bytes,
        **{name: count for name, count in counts.items() if isinstance(count, int)},
        "seconds": round(report.seconds, 3),
    }
    context.add_asset_metadata(
        {
            rows: report.written.rows,
            **numbers,
            **counts,
            "preview": dg.MetadataValue.md(preview(lake, report.table, report.day, columns)),
            "dagster/column_lineage": column_lineage(report.table),
        },
        asset_key=report.table.name,
        partition_key=report.day.isoformat() if report.day else None,
    )
    log_day(context, report.table.name, report.day, numbers)


def report_landing(context: dg.AssetExecutionContext, day: date, built: RawBuildResult) -> None:
    """Record what was found in the landing zone, which no run of ours fills."""
    if built.objects:
        context.log_event(
            dg.AssetMaterialization(
                LANDING,
                partition=day.isoformat(),
                metadata={"objects": built.objects, "lines": built.lines},
            )
        )


def check_balances(name: str, balances: list[Conservation]) -> dg.AssetCheckResult:
    """Say whether rows were conserved on every day of the run, and where they were not."""
    broken = [str(balance.day or "all") for balance in balances if not balance.holds]
    return dg.AssetCheckResult(
        check_name=name,
        passed=not broken,
        metadata={
            "days": len(balances),
            "rows_entered": sum(balance.input_rows for balance in balances),
            "rows_accounted": sum(balance.output_rows for balance in balances),
            "days_that_leak": ", ".join(broken) or "none",
        },
    )


@contextmanager
def clear_failures(uri: str) -> Iterator[None]:
    """Turn what trying again does not mend into a failure that says what and where.

    `uri` is where the work writes to, for errors that do not say where they happened.
    """
    with failures_logged(), _told_clearly(uri):
        yield


@contextmanager
def _told_clearly(uri: str) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError) as error:
        raise dg.Failure(STOPPED, allow_retries=False) from error
    except StoreError as error:
        raise dg.Failure(
            str(error), allow_retries=isinstance(error, TransientStoreError)
        ) from error
    except BaseError as error:
        # What obstore tells beyond the first line is for those who write it.
        raise dg.Failure(first_line(error)) from None
    except MAY_PASS:
        raise
    except OSError as error:
        what = os.strerror(error.errno) if error.errno else first_line(error)
        raise dg.Failure(f"{what}: {error.filename or uri}", allow_retries=False) from error
