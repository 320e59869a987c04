"""Which runs have failed for good, and why, as Dagster's history tells it."""

from datetime import UTC, datetime
from typing import Final

import dagster as dg
from dagster._core.storage.tags import WILL_RETRY_TAG

from lambda_ingest.secret import Secret
from tg_pipeline.builds.alert import FailedRun
from tg_pipeline.defs.freshness import freshness_job
from tg_pipeline.telegram.redaction import redact

RANGE: Final = "dagster/asset_partition_range"
PARTITION: Final = "dagster/partition"

WRAPPERS: Final = ("Dagster", "RetryRequested")
"""How the names of the errors begin that Dagster puts around others."""


def failed_records(instance: dg.DagsterInstance, since: datetime) -> list[dg.RunRecord]:
    """Give the runs that failed after `since` (aware) and are not tried again, oldest first.

    A look for yesterday that found nothing is one of them, though its run went well.
    """
    failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=since)
    looked = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.SUCCESS], updated_after=since, job_name=freshness_job.name
    )
    return [
        *(run for run in instance.get_run_records(failed, ascending=True) if _is_final(run)),
        *(run for run in instance.get_run_records(looked) if reason_of(instance, _id(run))),
    ]


def failed_run(
    instance: dg.DagsterInstance, record: dg.RunRecord, token: Secret | None
) -> FailedRun:
    """Give what is told of such a run; its reason is without the token."""
    run = record.dagster_run
    return FailedRun(
        run_id=run.run_id,
        job=run.job_name,
        what=days_of_run(run),
        failed_at=datetime.fromtimestamp(record.end_time or 0, UTC),
        reason=redact(reason_of(instance, run.run_id), token),
    )


def _is_final(record: dg.RunRecord) -> bool:
    return record.dagster_run.tags.get(WILL_RETRY_TAG) != "true"


def _id(record: dg.RunRecord) -> str:
    return record.dagster_run.run_id


def days_of_run(run: dg.DagsterRun) -> str:
    """Give the day or the days that a run was to build, for people."""
    first, last = (run.tags.get(f"{RANGE}_{end}") for end in ("start", "end"))
    if first and last and first != last:
        return f"{first} to {last}"
    return first or run.tags.get(PARTITION, "")


def reason_of(instance: dg.DagsterInstance, run_id: str) -> str:
    """Give why a run failed: what its first failed step met, or what Dagster says of the run."""
    told = [
        event
        for kind in (
            dg.DagsterEventType.ASSET_CHECK_EVALUATION,
            dg.DagsterEventType.STEP_FAILURE,
            dg.DagsterEventType.RUN_FAILURE,
        )
        for record in instance.all_logs(run_id, of_type=kind)
        if (event := record.get_dagster_event())
    ]
    return next((reason for event in told if (reason := _reason(event))), "")


def _reason(event: dg.DagsterEvent) -> str:
    if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        check = event.asset_check_evaluation_data
        return "" if check.passed else f"{check.check_name}: {check.description or 'it failed'}"
    if event.event_type is dg.DagsterEventType.STEP_FAILURE:
        return _of_step(event)
    return event.message or ""


def _of_step(event: dg.DagsterEvent) -> str:
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    error = failure.error
    while error and error.cause and (error.cls_name or "").startswith(WRAPPERS):
        error = error.cause
    return error.message.partition(": ")[2] if error else ""
