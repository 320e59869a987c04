"""Why a run failed, as Dagster's history tells it."""

from collections.abc import Callable, Iterator
from typing import Final

import dagster as dg
from dagster._core.errors import DagsterAssetCheckFailedError

WRAPPERS: Final = ("Dagster", "RetryRequested")
"""How the names of the errors begin that Dagster puts around others."""


def reason_of(instance: dg.DagsterInstance, run_id: str) -> str:
    """Give why a run failed: what its first failed step met, or what Dagster says of the run.

    A check that failed is the reason where it stopped its step, or where nothing else failed: a
    run whose check may fail stays green.
    """

    def told(kind: dg.DagsterEventType) -> Iterator[dg.DagsterEvent]:
        for record in instance.all_logs(run_id, of_type=kind):
            if event := record.get_dagster_event():
                yield event

    return next((reason for reason in _reasons(told) if reason), "")


def _reasons(told: Callable[[dg.DagsterEventType], Iterator[dg.DagsterEvent]]) -> Iterator[str]:
    """Give what may be the reason, the likeliest first; some are empty."""
    checks = list(told(dg.DagsterEventType.ASSET_CHECK_EVALUATION))
    for step in told(dg.DagsterEventType.STEP_FAILURE):
        yield _of_its_check(step, checks)
        yield _of_step(step)
    for run in told(dg.DagsterEventType.RUN_FAILURE):
        yield run.message or ""
    yield from map(_of_check, checks)


def _of_its_check(step: dg.DagsterEvent, checks: list[dg.DagsterEvent]) -> str:
    """Give what the check says that stopped a step, if one did."""
    error = step.step_failure_data.error
    if error is None or error.cls_name != DagsterAssetCheckFailedError.__name__:
        return ""
    own = (check for check in checks if check.step_key == step.step_key and _stops(check))
    return next((reason for check in own if (reason := _of_check(check))), "")


def _stops(check: dg.DagsterEvent) -> bool:
    data = check.asset_check_evaluation_data
    return bool(data.blocking) and data.severity is dg.AssetCheckSeverity.ERROR


def _of_check(event: dg.DagsterEvent) -> str:
    check = event.asset_check_evaluation_data
    return "" if check.passed else f"{check.check_name}: {check.description or 'it failed'}"


def _of_step(event: dg.DagsterEvent) -> str:
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    error = failure.error
    while error and error.cause and (error.cls_name or "").startswith(WRAPPERS):
        error = error.cause
    return error.message.partition(": ")[2].strip() if error else ""
