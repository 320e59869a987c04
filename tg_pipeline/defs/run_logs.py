"""What a run logs of itself: a line a day and table, and a line where it fails."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Final

import dagster as dg

from lambda_ingest.store import first_line
from tg_pipeline.logs import Field, json_logs_enabled, log_fields

LOGGER: Final = logging.getLogger("tg_pipeline.days")
"""One line a day and table; Dagster shows it in the run, the command line counts it."""

FAILURES: Final = logging.getLogger("tg_pipeline.failures")
"""What a run failed at. Only for logs in JSON: everybody else hears of it from Dagster."""


def log_day(
    context: dg.AssetExecutionContext, table: str, day: date | None, counts: Mapping[str, Field]
) -> None:
    """Log that a day of a table, or a table without days, was built."""
    partition = {"partition": day.isoformat()} if day else {}
    LOGGER.info(
        "%s: %d rows",
        f"{table} {day}" if day else table,
        counts["rows"],
        extra=log_fields(table=table, run_id=context.run.run_id, **partition, **counts),
    )


@contextmanager
def failures_logged() -> Iterator[None]:
    """Log what fails within; it is raised all the same."""
    try:
        yield
    except Exception as error:
        if json_logs_enabled():
            said = error.description if isinstance(error, dg.Failure) else None
            FAILURES.error("%s", said or first_line(error), extra=log_fields(**_where()))
        raise


def _where() -> dict[str, Field]:
    """Say in which run, table and days this happens; nothing outside of a run."""
    try:
        context = dg.AssetExecutionContext.get()
    except dg.DagsterInvariantViolationError:
        return {}
    has_days = context.has_partition_key or context.has_partition_key_range
    days = list(context.partition_keys) if has_days else []
    span = {"partition": days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"} if days else {}
    return {"table": context.op.name, "run_id": context.run.run_id, **span}
