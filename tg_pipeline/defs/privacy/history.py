"""The history of runs: old runs are deleted, unless a day or a table in the UI still shows them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import dagster as dg

from tg_pipeline.builds.staleness import DAILY_HOUR
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.privacy.assets import EXPIRED
from tg_pipeline.defs.resources import ClockResource
from tg_pipeline.privacy.local_files import vacuum_file
from tg_pipeline.settings import dagster_home

HISTORY_CRON: Final = f"30 {DAILY_HOUR + 1} * * *"

PAGE_RUNS: Final = 100
"""Runs that are read at once."""

FINISHED: Final = [
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
]


def delete_old_runs(instance: dg.DagsterInstance, before: datetime) -> list[str]:
    """Delete the runs that were created before a time and are not needed; return their ids.

    Dagster shows a day as missing if the run that built it last is deleted, so that run is kept;
    what is recorded of a day that has expired is not needed.
    """
    old = [run_id for run_id in _old_runs(instance, before) if not _is_needed(instance, run_id)]
    for run_id in old:
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        instance.delete_run(run_id)
    return old


def _old_runs(instance: dg.DagsterInstance, before: datetime) -> Iterator[str]:
    cursor: str | None = None
    filters = dg.RunsFilter(statuses=FINISHED, created_before=before)
    while page := instance.get_run_records(filters, limit=PAGE_RUNS, cursor=cursor):
        yield from (record.dagster_run.run_id for record in page)
        cursor = page[-1].dagster_run.run_id


def _is_needed(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Return whether a run is the last that built a table or a day of one."""
    built = dg.DagsterEventType.ASSET_MATERIALIZATION
    return any(
        each.description != EXPIRED and _last_run(instance, each) == run_id
        for entry in instance.all_logs(run_id, of_type=built)
        if (each := entry.asset_materialization)
    )


def _last_run(instance: dg.DagsterInstance, built: dg.AssetMaterialization) -> str | None:
    partitions = [built.partition] if built.partition else None
    only = dg.AssetRecordsFilter(built.asset_key, asset_partitions=partitions)
    records = instance.fetch_materializations(only, limit=1).records
    return records[0].run_id if records else None


def remove_traces(home: Path, deleted: list[str]) -> None:
    """Remove what SQLite keeps of deleted runs: their own databases, and pages of the others.

    A database that is in use is left until the next time; Postgres has no files here.
    """
    for path in home.glob("history/runs/*.db*"):
        if path.name.partition(".")[0] in deleted:
            path.unlink(missing_ok=True)
    for path in (*home.glob("history/*.db"), *home.glob("history/runs/index.db")):
        vacuum_file(path)


@dg.op(name="delete_old_runs")
def old_runs(context: dg.OpExecutionContext, clock: dg.ResourceParam[ClockResource]) -> None:
    """Delete the runs that are no longer to be kept."""
    days = SETTINGS.privacy.keep_days.of_history
    if days is None:
        return
    deleted = delete_old_runs(context.instance, clock.now() - timedelta(days=days))
    context.log.info("%d runs were deleted.", len(deleted))
    if deleted:
        remove_traces(dagster_home(), deleted)


@dg.job(name="history_job", description="Deletes old runs from Dagster's history.")
def history_job() -> None:
    """Delete old runs."""
    old_runs()


@dg.schedule(
    job=history_job,
    cron_schedule=HISTORY_CRON,
    execution_timezone=SETTINGS.timezone,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Deletes old runs, if any TG_KEEP_DAYS_… is set.",
)
def history_schedule() -> dg.RunRequest | dg.SkipReason:
    """Request the deletion, unless all runs are kept."""
    if SETTINGS.privacy.keep_days.of_history is None:
        return dg.SkipReason("All runs are kept: no TG_KEEP_DAYS_… is set.")
    return dg.RunRequest()


defs = dg.Definitions(jobs=[history_job], schedules=[history_schedule])
