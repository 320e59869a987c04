"""Runs of Dagster's history that should have ended: their process hangs, or is gone.

Dagster's daemon ends a run after `run_monitoring.max_runtime_seconds`. Without a daemon nobody
does: `tg-pipeline status --check` reports such a run, and the next `tg-pipeline run` ends it.
"""

import os
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tg_pipeline.builds.monitoring import Problem, ProblemKind
from tg_pipeline.exceptions import CommandError
from tg_pipeline.settings import STATE_FOLDER, home_folder

if TYPE_CHECKING:
    import dagster as dg

DEFAULT_LIMIT: Final = timedelta(hours=2)
"""How long a run may take if Dagster's configuration sets no maximum, as in `deploy/`."""

MARGIN: Final = timedelta(minutes=15)
"""Dagster looks once a minute, and gives a run five minutes to start, and three to end."""

MAX_RUNTIME: Final = "dagster/max_runtime"
"""The tag with which a run sets its own maximum, in seconds."""

QUEUED: Final = "QUEUED"


@dataclass(frozen=True, slots=True)
class StuckRun:
    """A run that should have ended, or have left the queue."""

    run: "dg.DagsterRun"
    since: datetime
    """When it started, or was created if it has not started."""
    limit: timedelta
    """How long it may take."""

    @property
    def is_queued(self) -> bool:
        """Whether it waits for Dagster's daemon."""
        return self.run.status.value == QUEUED

    def describe(self) -> str:
        """Return what is wrong, and what to do."""
        from tg_pipeline.defs.alerts.failures import job_title, run_days  # noqa: PLC0415

        days = run_days(self.run)
        what = f"Run {self.run.run_id[:8]} of {job_title(self.run)}{f' ({days})' if days else ''}"
        since = f"since {self.since:%Y-%m-%d %H:%M} UTC"
        if self.is_queued:
            return (
                f"{what} is in Dagster's queue {since}, and no run has started for "
                f"{_minutes(self.limit)}: start Dagster's daemon (tg-pipeline up), or terminate "
                "the run in its UI."
            )
        return (
            f"{what} is {self.run.status.value} {since}, longer than the {_minutes(self.limit)} it "
            "may take: it hangs, or its process is gone. tg-pipeline run ends it, and so does "
            "Dagster's daemon; or terminate it in the UI."
        )


def stuck_run_problems(now: datetime) -> Iterator[Problem]:
    """Yield a failing problem for each stuck run of Dagster's history, if there is a history.

    A history that can't be opened is a problem that fails nothing. `now` must have a time zone.
    """
    if not has_history():
        return
    # Dagster takes a second to import.
    from tg_pipeline.cli.dagster_instance import open_instance  # noqa: PLC0415
    from tg_pipeline.defs.partitions import dates_of_tags  # noqa: PLC0415

    try:
        with open_instance() as instance:
            for stuck in find_stuck_runs(instance, now):
                days: list[date | None] = [*dates_of_tags(stuck.run.tags), None]
                yield Problem(ProblemKind.STUCK_RUN, days[0], stuck.describe())
    except CommandError as error:
        message = f"Whether a run is stuck is unknown: {error}"
        yield Problem(ProblemKind.STUCK_RUN, None, message, is_failure=False)


def has_history() -> bool:
    """Return whether Dagster has a history here, without creating one.

    A history in a database server counts as one; raises nothing.
    """
    home = Path(os.environ.get("DAGSTER_HOME") or home_folder() / STATE_FOLDER / "dagster")
    try:
        config = msgspec.yaml.decode((home / "dagster.yaml").read_bytes()) or {}
    except (OSError, msgspec.DecodeError):
        config = {}
    storage = config.get("storage") or {} if isinstance(config, dict) else {}
    if storage and "sqlite" not in storage:
        return True
    folder = (storage.get("sqlite") or {}).get("base_dir") or home
    if isinstance(folder, dict):  # the name of an environment variable
        folder = os.environ.get(str(folder.get("env")), home)
    with chdir(home_folder()):
        return Path(folder, "history", "runs.db").exists()


def find_stuck_runs(instance: "dg.DagsterInstance", now: datetime) -> list[StuckRun]:
    """Return the runs that should have ended, or have left the queue; `now` has a time zone."""
    import dagster as dg  # noqa: PLC0415

    from tg_pipeline.defs.updates.run_requests import UNFINISHED  # noqa: PLC0415

    found = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED)):
        limit = _limit(instance, record.dagster_run)
        since = _since(record)
        stuck = StuckRun(record.dagster_run, since, limit)
        if now - since <= limit + MARGIN or (
            stuck.is_queued and _has_started(instance, now, limit)
        ):
            continue
        found.append(stuck)
    return found


def end_stuck_runs(instance: "dg.DagsterInstance", now: datetime) -> list[StuckRun]:
    """Mark the stuck runs that are not queued as failed, as Dagster's daemon would; return them."""
    ended = [each for each in find_stuck_runs(instance, now) if not each.is_queued]
    for each in ended:
        reason = f"It exceeded its maximum runtime of {_minutes(each.limit)}."
        instance.report_run_failed(each.run, reason)
    return ended


def _limit(instance: "dg.DagsterInstance", run: "dg.DagsterRun") -> timedelta:
    seconds = run.tags.get(MAX_RUNTIME, "")
    if seconds.isdecimal() and int(seconds):
        return timedelta(seconds=int(seconds))
    default: int = instance.run_monitoring_max_runtime_seconds
    return timedelta(seconds=default) if default else DEFAULT_LIMIT


def _since(record: "dg.RunRecord") -> datetime:
    if record.start_time is not None:
        return datetime.fromtimestamp(record.start_time, UTC)
    created = record.create_timestamp
    return created if created.tzinfo else created.replace(tzinfo=UTC)


def _has_started(instance: "dg.DagsterInstance", now: datetime, limit: timedelta) -> bool:
    """Return whether any run has left the queue lately, so that the others are waiting in turn."""
    import dagster as dg  # noqa: PLC0415

    statuses = [status for status in dg.DagsterRunStatus if status.value != QUEUED]
    lately = dg.RunsFilter(statuses=statuses, updated_after=now - limit)
    return bool(instance.get_run_records(lately, limit=1))


def _minutes(span: timedelta) -> str:
    minutes = round(span / timedelta(minutes=1))
    return f"{minutes} minutes" if minutes != 1 else "1 minute"
