"""How often a job has failed of late, so that a sensor does not ask for it without end."""

from typing import Final

import dagster as dg

ATTEMPTS: Final = 3
"""Runs of a job, with no run that succeeds between them: what fails so often needs a person, who is
told of each."""


def newest_success(instance: dg.DagsterInstance) -> dg.RunRecord | None:
    """Give the last run, of whichever job, that has succeeded."""
    succeeded = dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS])
    return next(iter(instance.get_run_records(succeeded, limit=1)), None)


def failures_since(instance: dg.DagsterInstance, run: dg.RunRecord | None, job: str) -> int:
    """Give how many runs of a job failed after a run, or at all; it counts up to ATTEMPTS."""
    failed = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.FAILURE])
    records = instance.get_run_records(failed, limit=ATTEMPTS)
    return sum(run is None or record.storage_id > run.storage_id for record in records)
