"""Runs that nobody works at any more, ended, so that nobody waits for them.

Dagster's daemon does this by itself (`run_monitoring` in `dagster.yaml`). The command line does
not rely on one.
"""

from collections.abc import Iterator
from time import time
from typing import Final

import dagster as dg

from tg_pipeline.defs.run_health import why_ended, why_gone

UNDER_WAY: Final = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]

GRACE: Final = 60.0
"""Seconds after its end in which a run that was stopped may still be at work."""


def end_abandoned_runs(instance: dg.DagsterInstance) -> Iterator[tuple[dg.DagsterRun, str]]:
    """Mark runs without a process as over, free what they hold, and give each and the reason."""
    for run in instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY)):
        why = why_gone(instance, run)
        if why and _is_as_it_was(instance, run):
            _end(instance, run, why)
            yield run, why
    for run_id in instance.event_log_storage.get_concurrency_run_ids():
        if _has_let_go(instance, run_id):
            free_pools(instance, run_id)


def _is_as_it_was(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Say whether a run that was looked at has not succeeded, failed or been stopped meanwhile."""
    now = instance.get_run_by_id(run.run_id)
    return now is not None and now.status is run.status


def _end(instance: dg.DagsterInstance, run: dg.DagsterRun, why: str) -> None:
    """Say that a run is over; one that a person has stopped has not failed, nor is it retried."""
    if run.status is dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, f"Marked as canceled: {why}.")
    else:
        instance.report_run_failed(run, f"Marked as failed: {why}.")


def free_pools(instance: dg.DagsterInstance, run_id: str) -> None:
    """Give back the pools' slots that a run holds or waits for."""
    instance.event_log_storage.free_concurrency_slots_for_run(run_id)


def _has_let_go(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Say whether a run is over, and its process too.

    What a code server says is not enough: it denies a run that it has been told to stop.
    """
    record = instance.get_run_record_by_id(run_id)
    if record is None:
        return True
    run = record.dagster_run
    if not run.is_finished:
        return False
    return bool(why_ended(instance, run)) or time() - (record.end_time or 0) > GRACE
