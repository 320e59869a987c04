"""Which runs have failed for good, and what is told of them."""

from datetime import UTC, datetime, timedelta
from typing import Final

import dagster as dg
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG

from lambda_ingest.settings import Secret
from tg_pipeline.builds.alert import FailedRun
from tg_pipeline.defs.failure_reasons import reason_of
from tg_pipeline.defs.freshness import freshness_job
from tg_pipeline.telegram.redaction import redact

RANGE: Final = "dagster/asset_partition_range"
PARTITION: Final = "dagster/partition"

RETRY_COMES_WITHIN: Final = timedelta(minutes=10)
"""When a retry that Dagster promised is there at the latest: its daemon looks every five seconds,
and makes none where the backfill has ended, the job is gone, or nothing is left to do.
"""


def failed_records(
    instance: dg.DagsterInstance, since: datetime, now: datetime
) -> list[dg.RunRecord]:
    """Give the runs that failed after `since` and are not tried again, oldest first.

    Both times are aware. A look for yesterday that found nothing is one of them, though its run
    went well.
    """
    failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=since)
    looked = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.SUCCESS], updated_after=since, job_name=freshness_job.name
    )
    records = instance.get_run_records(failed, ascending=True)
    return [
        *(run for run in records if not _is_tried_again(instance, run, now)),
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


def _is_tried_again(instance: dg.DagsterInstance, record: dg.RunRecord, now: datetime) -> bool:
    """Tell whether a retry is there, or is still to come.

    Dagster says so in a tag that it sets after the run is known to have failed.
    """
    run = record.dagster_run
    unsaid = "true" if instance.run_retries_enabled else "false"
    if run.tags.get(WILL_RETRY_TAG, unsaid) != "true":
        return False
    waited = now - datetime.fromtimestamp(record.end_time or 0, UTC)
    return waited < RETRY_COMES_WITHIN or _has_retry(instance, run)


def _has_retry(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Tell whether its retry is there: a tag that it copied from its parent names another's."""
    retry = instance.get_run_by_id(run.tags.get(AUTO_RETRY_RUN_ID_TAG, ""))
    return retry is not None and retry.parent_run_id == run.run_id


def _id(record: dg.RunRecord) -> str:
    return record.dagster_run.run_id


def days_of_run(run: dg.DagsterRun) -> str:
    """Give the day or the days that a run was to build, for people."""
    first, last = (run.tags.get(f"{RANGE}_{end}") for end in ("start", "end"))
    if first and last and first != last:
        return f"{first} to {last}"
    return first or run.tags.get(PARTITION, "")
