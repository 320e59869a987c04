"""Metadata, log lines and errors of a run: counts, preview, columns, lineage, failures."""

import logging
import os
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import dagster as dg
import pyarrow as pa
from obstore.exceptions import BaseError

from lambda_ingest.settings import SettingsError
from lambda_ingest.store import StoreError, first_line
from tg_pipeline.builds.layers import Conservation
from tg_pipeline.builds.raw_updates import RawBuildResult
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.lake.partitions import Lake, PartitionName, PartitionStats
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.enriched.updates import CARRIED
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.layers.schema import Layer, Table
from tg_pipeline.logs import Field, json_logs_enabled, log_fields
from tg_pipeline.marts.mart import Mart, is_daily
from tg_pipeline.marts.origins import origins_of
from tg_pipeline.report.messages import DEFAULT_LANGUAGE, load_messages
from tg_pipeline.storage.errors import TransientStoreError

LANDING: Final = "landing"
"""The external asset that ingestion fills."""

LOGGER: Final = logging.getLogger("tg_pipeline.days")
"""One line per partition built: Dagster shows it in the run, the command line counts it."""

DRIFT_LOGGER: Final = logging.getLogger("tg_pipeline.drift")
"""One line per run about what no column reads."""

DAMAGE_LOGGER: Final = logging.getLogger("tg_pipeline.damage")
"""One line per damaged partition that a run meets."""

FAILURES: Final = logging.getLogger("tg_pipeline.failures")
"""Errors of a run, only for logs in JSON: elsewhere Dagster shows them."""

TRANSIENT: Final = (ConnectionError, TimeoutError, InterruptedError, BlockingIOError)
"""System errors that a retry may resolve; a full disk is still full ten seconds later."""

STOPPED: Final = "stopped; the days already written stand"
"""The failure of a run that was asked to stop; without it, Dagster would retry the step."""

OWN_PACKAGES: Final = ("tg_pipeline", "lambda_ingest", "dagster")
"""Packages whose errors quote no data."""

PROJECT: Final = Path(__file__).parents[1]

ALERT_TEXT: Final = "alert"
"""The metadata of a check with its description in the language of alerts; Dagster's UI is English.
"""

HIDDEN: Final = (
    "The message is not shown, since it may quote somebody's words: TG_PREVIEWS=yes shows it."
)
"""The end of the failure for an error of another package."""

PREVIEW_ROWS: Final = 5
CELL_CHARACTERS: Final = 60
"""Characters of a preview's cell; longer values are truncated."""

Count = int | dg.MetadataValue[Any]
"""A number of a day, or a rendering of it."""


@dataclass(frozen=True, slots=True)
class PartitionMetadata:
    """A partition as it was written, and how long that took in seconds."""

    table: Table
    day: PartitionName
    written: PartitionStats
    seconds: float


def add_partition_metadata(
    context: dg.AssetExecutionContext,
    lake: Lake,
    partition: PartitionMetadata,
    columns: list[str],
    counts: Mapping[str, Count],
) -> None:
    """Attach a day's own counts and its first rows to its partition, and log them.

    The rows have only columns that hold nothing about people, unless TG_PREVIEWS=yes.
    """
    rows = "dagster/partition_row_count" if is_daily(partition.table) else "dagster/row_count"
    shown = columns if SETTINGS.privacy.shows_previews else impersonal(partition.table, columns)
    numbers = {
        "rows": partition.written.rows,
        "bytes": partition.written.bytes,
        **{name: count for name, count in counts.items() if isinstance(count, int)},
        "seconds": round(partition.seconds, 3),
    }
    context.add_asset_metadata(
        {
            rows: partition.written.rows,
            **numbers,
            **counts,
            "preview": dg.MetadataValue.md(preview(lake, partition.table, partition.day, shown)),
            "dagster/column_lineage": column_lineage(partition.table),
        },
        asset_key=partition.table.name,
        partition_key=str(partition.day) if is_daily(partition.table) else None,
    )
    _log_partition(context, partition, numbers)


def _log_partition(
    context: dg.AssetExecutionContext, partition: PartitionMetadata, numbers: Mapping[str, Field]
) -> None:
    table, day = partition.table.name, partition.day if is_daily(partition.table) else None
    key = {"partition": str(day)} if day else {}
    LOGGER.info(
        "%s: %d rows",
        f"{table} {day}" if day else table,
        numbers["rows"],
        extra=log_fields(table=table, run_id=context.run.run_id, **key, **numbers),
    )


def log_expired(context: dg.AssetExecutionContext, table: Table, day: date) -> None:
    """Log that a day is not built, because what it is built from has expired."""
    context.log.info(
        "%s %s is not built: retention deleted what it is built from, so it stays as it is.",
        table.name,
        day,
    )


def record_landing(context: dg.AssetExecutionContext, day: date, built: RawBuildResult) -> None:
    """Record the landed objects of a day, which no run of ours materializes."""
    if built.objects:
        context.log_event(
            dg.AssetMaterialization(
                LANDING,
                partition=day.isoformat(),
                metadata={
                    "objects": built.objects,
                    "lines": built.lines,
                    "suppressed": built.suppressed,
                },
            )
        )


def alert_metadata(describe: Callable[[str], str]) -> dict[str, str]:
    """Return the metadata for an alert about a check, given its description in each language."""
    return {ALERT_TEXT: describe(SETTINGS.language)}


def conservation_result(
    name: str, table: Table, balances: list[Conservation]
) -> dg.AssetCheckResult:
    """Return whether rows were conserved on every day of the run, and where they were not."""
    broken = [str(balance.day or "all") for balance in balances if not balance.holds]

    def describe(language: str) -> str:
        text = load_messages(language).alerts.not_conserved
        return text.format(table=table.name) if broken else ""

    return dg.AssetCheckResult(
        asset_key=table.name,
        check_name=name,
        passed=not broken,
        description=describe(DEFAULT_LANGUAGE),
        metadata={
            "days": len(balances),
            "rows_entered": sum(balance.input_rows for balance in balances),
            "rows_accounted": sum(balance.output_rows for balance in balances),
            "days_that_leak": ", ".join(broken) or "none",
            **alert_metadata(describe),
        },
    )


def impersonal(table: Table, columns: list[str]) -> list[str]:
    """Return those of the columns that hold no ids, names and words of people."""
    return [name for name in columns if not table.columns[name].is_personal]


def preview(lake: Lake, table: Table, day: PartitionName, columns: list[str]) -> str:
    """Return the first rows of a partition, or of an unpartitioned table, as a Markdown table.

    Cells are formatted as code, so that text from a chat can't be markup on the page.
    """
    with lake.open(table.name, day) as partition:
        first = next(partition.batches(columns, PREVIEW_ROWS), None)
    rows = first.to_pylist() if first is not None else []
    return markdown_table(columns, [[_cell(row[name]) for name in columns] for row in rows])


def markdown_table(columns: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown; cells are not escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    short = text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"
    plain = "".join(letter if letter.isprintable() else " " for letter in short)
    return "`" + plain.replace("`", "'").replace("|", "\\|") + "`"


def table_schema(table: Table) -> dg.TableSchema:
    """Return a table's columns, from their one declaration."""
    return dg.TableSchema(columns=[_table_column(field) for field in table.schema])


def _table_column(field: pa.Field) -> dg.TableColumn:
    return dg.TableColumn(
        name=field.name,
        type=str(field.type),
        description=field.metadata[b"description"].decode(),
        constraints=dg.TableColumnConstraints(nullable=field.nullable),
    )


def column_lineage(table: Table) -> dg.TableColumnLineage:
    """Return the upstream columns that each column of a table is derived from."""
    if isinstance(table, Mart):
        return _mart_lineage(table)
    return dg.TableColumnLineage(
        {name: _sources(table, name) for name in table.schema.names if _sources(table, name)}
    )


def _mart_lineage(mart: Mart) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            name: [dg.TableColumnDep(dg.AssetKey(table), column) for table, column in origins]
            for name, origins in origins_of(mart).items()
            if origins
        }
    )


def _sources(table: Table, name: str) -> list[dg.TableColumnDep]:
    if table is DEDUPED_UPDATES:
        return [_dep(RAW_UPDATES, name)]
    if table is ENRICHED_UPDATES:
        return [_dep(DEDUPED_UPDATES, name if name in CARRIED else "payload")]
    return []


def _dep(layer: Layer, name: str) -> dg.TableColumnDep:
    return dg.TableColumnDep(asset_key=dg.AssetKey(layer.name), column_name=name)


@contextmanager
def as_dagster_failure(uri: str, table: str | None = None) -> Iterator[None]:
    """Raise errors that a retry can't resolve as a dg.Failure, in one sentence with the place.

    `uri` is where the block writes to, for errors that don't name their place; `table` is what it
    builds, if its step builds several.
    """
    with _failures_logged(table), _translated(uri):
        yield


def is_stopped(error: Exception) -> bool:
    """Return whether an error says that somebody stopped the run."""
    return isinstance(error, dg.Failure) and error.description == STOPPED


@contextmanager
def _translated(uri: str) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError) as error:
        raise dg.Failure(STOPPED, allow_retries=False) from error
    except SettingsError as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    except StoreError as error:
        # Dagster shows the cause, too, and that of a failed query may quote rows.
        raise dg.Failure(str(error), allow_retries=isinstance(error, TransientStoreError)) from (
            error if SETTINGS.privacy.shows_previews else None
        )
    except BaseError as error:
        # After the first line, obstore prints details for its own developers.
        raise dg.Failure(first_line(error)) from None
    except TRANSIENT:
        raise
    except dg.Failure:
        raise
    except OSError as error:
        what = os.strerror(error.errno) if error.errno else first_line(error)
        raise dg.Failure(f"{what}: {error.filename or uri}", allow_retries=False) from error
    except Exception as error:
        if SETTINGS.privacy.shows_previews or type(error).__module__.startswith(OWN_PACKAGES):
            raise
        # A message such as "could not convert '…'" quotes the data.
        raise dg.Failure(f"{_place_of(error)}. {HIDDEN}") from None


def _place_of(error: Exception) -> str:
    """Return the class of an error, and the last line of this project's code that led to it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(str(PROJECT))] or frames
    name = Path(own[-1].filename).name
    return f"{type(error).__name__} in {name}, line {own[-1].lineno}"


@contextmanager
def _failures_logged(table: str | None) -> Iterator[None]:
    """Log the error of the block, and raise it."""
    try:
        yield
    except Exception as error:
        if json_logs_enabled():
            described = error.description if isinstance(error, dg.Failure) else None
            FAILURES.error(
                "%s", described or first_line(error), extra=log_fields(**_current_step(table))
            )
        raise


def _current_step(table: str | None) -> dict[str, Field]:
    """Return the current run, its table and days; nothing outside of a run."""
    try:
        context = dg.AssetExecutionContext.get()
    except dg.DagsterInvariantViolationError:
        return {}
    has_days = context.has_partition_key or context.has_partition_key_range
    days = list(context.partition_keys) if has_days else []
    key = {"partition": days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"} if days else {}
    return {"table": table or context.op.name, "run_id": context.run.run_id, **key}
