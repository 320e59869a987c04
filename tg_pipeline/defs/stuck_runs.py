"""Runs that should have ended: their process hangs, or is gone.

Dagster's daemon asks the code server to cancel a run that exceeds `max_runtime_seconds`. If the
run's process is frozen, the code server waits for it, and starts no other run until it is
restarted. So stuck_runs_sensor marks such a run as failed a little earlier, which needs no answer
from the process: Dagster then retries the run, and leaves the process alone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import dagster as dg

from tg_pipeline.builds.monitoring.alerts import name_days
from tg_pipeline.defs.alerts.failures import job_title, run_days
from tg_pipeline.defs.resources import ClockResource
from tg_pipeline.defs.updates.run_requests import UNFINISHED
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.messages import DEFAULT_LANGUAGE

INTERVAL: Final = 30
"""Seconds."""

DEFAULT_LIMIT: Final = timedelta(hours=2)
"""How long a run may take if Dagster's configuration sets no maximum, as in `deploy/`."""

SHARE: Final = 0.8
"""The share of its limit after which the sensor ends a run, so that it is before the daemon."""

MARGIN: Final = timedelta(minutes=15)
"""Dagster looks once a minute, and gives a run five minutes to start, and three to end."""

MAX_RUNTIME: Final = "dagster/max_runtime"
"""The tag with which a run sets its own maximum, in seconds."""


@dataclass(frozen=True, slots=True)
class StuckRun:
    """A run that should have ended, or have left the queue."""

    run: dg.DagsterRun
    since: datetime
    """When it started, or was created if it has not started."""
    limit: timedelta
    """How long it may take."""

    @property
    def is_queued(self) -> bool:
        """Whether it waits for Dagster's daemon."""
        return self.run.status is dg.DagsterRunStatus.QUEUED

    def describe(self, language: str = DEFAULT_LANGUAGE) -> str:
        """Return what is wrong, and what to do."""
        fmt = Formatter(language)
        texts = fmt.messages.problems
        job = job_title(self.run)
        if days := run_days(self.run):
            job = f"{job} ({name_days(days, fmt.messages.alerts)})"
        template = texts.queued_run if self.is_queued else texts.stuck_run
        return template.format(
            run=self.run.run_id[:8],
            job=job,
            status=self.run.status.value,
            since=f"{self.since:%Y-%m-%d %H:%M}",
            limit=_minutes(self.limit, fmt),
        )


def overdue_runs(instance: dg.DagsterInstance, now: datetime) -> list[StuckRun]:
    """Return the runs that took longer than they may, and than Dagster needs to end them."""
    found = _longer_than(instance, now, 1, MARGIN)
    if any(each.is_queued for each in found):
        moving = _has_started(instance, now - max(each.limit for each in found))
        found = [each for each in found if not (each.is_queued and moving)]
    return found


def end_runs(
    instance: dg.DagsterInstance, now: datetime, share: float = 1, margin: timedelta = MARGIN
) -> list[StuckRun]:
    """Mark runs as failed that took longer than a share of their limit; return them.

    Queued runs are left to Dagster's daemon. `now` must have a time zone.
    """
    ended = [each for each in _longer_than(instance, now, share, margin) if not each.is_queued]
    for each in ended:
        limit = _minutes(each.limit * share, Formatter(DEFAULT_LANGUAGE))
        reason = f"It took longer than the {limit} it may take."
        instance.report_run_failed(each.run, reason)
    return ended


def _longer_than(
    instance: dg.DagsterInstance, now: datetime, share: float, margin: timedelta
) -> list[StuckRun]:
    found = [
        StuckRun(record.dagster_run, _since(record), _limit(instance, record.dagster_run))
        for record in instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED))
    ]
    return [each for each in found if now - each.since > each.limit * share + margin]


def _limit(instance: dg.DagsterInstance, run: dg.DagsterRun) -> timedelta:
    seconds = run.tags.get(MAX_RUNTIME, "")
    if seconds.isdecimal() and int(seconds):
        return timedelta(seconds=int(seconds))
    default: int = instance.run_monitoring_max_runtime_seconds
    return timedelta(seconds=default) if default else DEFAULT_LIMIT


def _since(record: dg.RunRecord) -> datetime:
    if record.start_time is not None:
        return datetime.fromtimestamp(record.start_time, UTC)
    created = record.create_timestamp
    return created if created.tzinfo else created.replace(tzinfo=UTC)


def _has_started(instance: dg.DagsterInstance, since: datetime) -> bool:
    """Return whether any run has left the queue lately, so that the others wait their turn."""
    statuses = [each for each in dg.DagsterRunStatus if each is not dg.DagsterRunStatus.QUEUED]
    lately = dg.RunsFilter(statuses=statuses, updated_after=since)
    return bool(instance.get_run_records(lately, limit=1))


def _minutes(span: timedelta, fmt: Formatter) -> str:
    return fmt.plural(round(span / timedelta(minutes=1)), fmt.messages.problems.minutes)


@dg.sensor(
    name="stuck_runs_sensor",
    minimum_interval_seconds=INTERVAL,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Marks runs as failed that hang, so that they are retried and block nothing.",
)
def stuck_runs_sensor(
    context: dg.SensorEvaluationContext, clock: dg.ResourceParam[ClockResource]
) -> dg.SkipReason:
    """End the runs that hang, if their processes are those of the code server.

    Other launchers, of ECS and Kubernetes, end the task or the pod, and need no help.
    """
    instance = context.instance
    if getattr(instance.run_launcher, "supports_check_run_worker_health", False):
        return dg.SkipReason("The run launcher ends runs that hang.")
    ended = end_runs(instance, clock.now(), SHARE, timedelta())
    if not ended:
        return dg.SkipReason("No run has taken too long.")
    names = ", ".join(each.run.run_id[:8] for each in ended)
    context.log.warning("These runs took too long, and are marked as failed: %s", names)
    return dg.SkipReason(f"Marked as failed: {names}.")


defs = dg.Definitions(sensors=[stuck_runs_sensor])
