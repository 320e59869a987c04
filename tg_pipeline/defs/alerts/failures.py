"""What an alert reports about a failed run: which days, and why."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import dagster as dg

from lambda_ingest.settings import Secret
from tg_pipeline.builds.monitoring.alerts import FailedRun
from tg_pipeline.defs.metadata import ALERT_TEXT
from tg_pipeline.telegram.redaction import redact

RANGE_START: Final = "dagster/asset_partition_range_start"
RANGE_END: Final = "dagster/asset_partition_range_end"
PARTITION: Final = "dagster/partition"

IMPLICIT_JOB: Final = "__"
"""Prefix of the jobs that Dagster itself creates: for backfills, automation, and its UI."""

NAMED_ASSETS: Final = 3
"""How many assets of such a run are named."""

WRAPPERS: Final = ("Dagster", "RetryRequested")
"""Name prefixes of the errors that Dagster wraps around others."""

CHECK_FAILED: Final = "DagsterAssetCheckFailedError"
"""The class of a step's error if a blocking check failed."""

Events = Callable[[dg.DagsterEventType], Iterator[dg.DagsterEvent]]


def failed_run(
    instance: dg.DagsterInstance, record: dg.RunRecord, token: Secret | None
) -> FailedRun:
    """Return what an alert says about a run; the reason doesn't contain the token."""
    run = record.dagster_run
    return FailedRun(
        run_id=run.run_id,
        job=job_title(run),
        days=run_days(run),
        failed_at=datetime.fromtimestamp(record.end_time or 0, UTC),
        reason=redact(failure_reason(instance, run.run_id), token),
    )


def job_title(run: dg.DagsterRun) -> str:
    """Return the job's name, or the assets of a run without a job of its own."""
    if not run.job_name.startswith(IMPLICIT_JOB) or not run.asset_selection:
        return run.job_name
    names = sorted(key.to_user_string() for key in run.asset_selection)
    more = len(names) - NAMED_ASSETS
    return ", ".join(names[:NAMED_ASSETS]) + (f", +{more}" if more > 0 else "")


def run_days(run: dg.DagsterRun) -> tuple[str, ...]:
    """Return the day of a run, or the first and the last; empty if it has no partitions."""
    first, last = run.tags.get(RANGE_START), run.tags.get(RANGE_END)
    if first and last and first != last:
        return first, last
    day = first or run.tags.get(PARTITION)
    return (day,) if day else ()


def failure_reason(instance: dg.DagsterInstance, run_id: str) -> str:
    """Return why a run failed: the error of its first failed step, or Dagster's own message.

    A failed check is the reason if it stopped its step, or if nothing else failed: a run whose
    check doesn't block is a success. Our checks explain themselves in the language of alerts; all
    else is as Dagster recorded it. Empty if nothing failed.
    """

    def events(kind: dg.DagsterEventType) -> Iterator[dg.DagsterEvent]:
        for record in instance.all_logs(run_id, of_type=kind):
            if event := record.get_dagster_event():
                yield event

    return next((reason for reason in _reasons(events) if reason), "")


def _reasons(events: Events) -> Iterator[str]:
    """Yield the possible reasons, the likeliest first; some are empty."""
    checks = list(events(dg.DagsterEventType.ASSET_CHECK_EVALUATION))
    for step in events(dg.DagsterEventType.STEP_FAILURE):
        yield _blocking_check_reason(step, checks)
        yield _step_reason(step)
    for run in events(dg.DagsterEventType.RUN_FAILURE):
        yield run.message or ""
    yield " ".join(filter(None, map(_check_reason, checks)))


def _blocking_check_reason(step: dg.DagsterEvent, checks: list[dg.DagsterEvent]) -> str:
    """Return the description of the check that stopped a step; empty if none did."""
    error = step.step_failure_data.error
    if error is None or error.cls_name != CHECK_FAILED:
        return ""
    own = (check for check in checks if check.step_key == step.step_key and _is_blocking(check))
    return next((reason for check in own if (reason := _check_reason(check))), "")


def _is_blocking(check: dg.DagsterEvent) -> bool:
    data = check.asset_check_evaluation_data
    return bool(data.blocking) and data.severity is dg.AssetCheckSeverity.ERROR


def _check_reason(event: dg.DagsterEvent) -> str:
    check = event.asset_check_evaluation_data
    if check.passed:
        return ""
    translated = check.metadata.get(ALERT_TEXT)
    text = str(translated.value) if translated else check.description
    return f"{check.check_name}: {text}" if text else check.check_name


def _step_reason(event: dg.DagsterEvent) -> str:
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    error = failure.error
    while error and error.cause and (error.cls_name or "").startswith(WRAPPERS):
        error = error.cause
    return error.message.partition(": ")[2].strip() if error else ""
