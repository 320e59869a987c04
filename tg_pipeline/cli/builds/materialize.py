"""Builds days through Dagster: a run per month of days, then one for the marts.

If a run of several days fails, each of them is built by a run of its own, so that a broken day
keeps no other from being built. If `tg-pipeline up` is running, all runs are submitted to its run
queue; else they are executed in this process, without a daemon. Concurrent builds are safe either
way.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from time import perf_counter
from typing import Any, Final

import dagster as dg
from obstore.exceptions import BaseError
from rich.progress import Progress, TaskID

from lambda_ingest.store import first_line
from tg_pipeline.cli.builds.dagster_instance import open_instance
from tg_pipeline.cli.builds.run_queue import RunQueue
from tg_pipeline.cli.console import one_line, progress
from tg_pipeline.cli.context import check_lake, check_landing
from tg_pipeline.definitions import defs
from tg_pipeline.defs.alerts.failures import CHECK_FAILED
from tg_pipeline.defs.metadata import LOGGER, STOPPED
from tg_pipeline.defs.partitions import SETTINGS, group_into_ranges, range_tags
from tg_pipeline.defs.stuck_runs import end_runs
from tg_pipeline.defs.updates.assets import FULL, QUARANTINED
from tg_pipeline.exceptions import CommandError
from tg_pipeline.landing.zone import iter_days
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS

LINES_PER_DAY: Final = len(ALL_LAYERS) + len(DAILY_MARTS)
"""Lines that a run logs about a day: one per table."""

Execute = Callable[[str, Mapping[str, str], dict[str, Any]], None]

RUN_TAGS: Final = {"dagster/max_retries": "0"}
"""The user has seen it fail: the daemon does not start it again."""

REPOSITORY: Final = {".dagster/repository": "__repository__@tg_pipeline"}
"""The UI's page of a job lists runs by this tag; Dagster sets it on runs that it launches."""

QUIET: Final = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""The progress bar and one sentence about a failure take the place of Dagster's log lines."""

REASONS_SHOWN: Final = 5
"""Failed days whose reasons are stated; the others are named."""

MARTS: Final = "the marts"
"""The name of the tables over all days in a message."""


class BuildFailedError(CommandError):
    """Days, or the tables over all days, could not be built; everything else is built."""

    def __init__(self, reasons: Mapping[date | str, str]) -> None:
        """Name what failed, and why."""
        self.reasons = dict(reasons)
        super().__init__(_failure(self.reasons))

    @property
    def days(self) -> frozenset[date]:
        """The days that failed."""
        return frozenset(each for each in self.reasons if isinstance(each, date))


def _failure(reasons: Mapping[date | str, str]) -> str:
    """Return the message for failures: one, or all of them with the first reasons."""
    stated = [f"{what} failed: {why}" for what, why in reasons.items()]
    if len(stated) == 1:
        return stated[0]
    named = [str(what) for what in list(reasons)[REASONS_SHOWN:]]
    others = [f"also failed: {', '.join(named)}"] if named else []
    listed = "; ".join([*stated[:REASONS_SHOWN], *others])
    return f"{len(stated)} failed, and all else is built: {listed}"


def materialize(
    days: list[date],
    *,
    full: bool,
    quarantined: bool = False,
    wants_report: Callable[[], bool] = lambda: False,
) -> float:
    """Build `days`, then the marts, and record the runs in Dagster; return the seconds it took.

    With `full`, all landed objects are read again; with `quarantined`, those with unreadable lines.
    The report follows by itself if Dagster runs; it is also built here if `wants_report()` says so
    after the marts. Raises BuildFailedError once everything that can be built is built, and
    CommandError or StoreError if nothing more can be.
    """
    started = perf_counter()
    reread = {FULL: full, QUARANTINED: quarantined}
    again = {"ops": {RAW_UPDATES.name: {"config": reread}}} if any(reread.values()) else {}
    failed: dict[date | str, str] = {}
    with open_instance() as instance, progress() as bar:
        task = bar.add_task("building", total=len(days) * LINES_PER_DAY + len(CUMULATIVE_MARTS))
        execute = _executor(instance, bar, task)

        def build(first: date, last: date) -> str | None:
            return _reason_of_failure(
                lambda: execute("updates_job", range_tags(first, last), QUIET | again)
            )

        for first, last in group_into_ranges(days):
            failed.update(_failed_days(build, first, last))
        if reason := _reason_of_failure(lambda: execute("marts_job", {}, QUIET)):
            failed[MARTS] = reason
        elif wants_report():
            reason = _reason_of_failure(lambda: execute("report_job", {}, QUIET))
            failed |= {"the report": reason} if reason else {}
    if failed:
        raise BuildFailedError(failed)
    return perf_counter() - started


def _failed_days(
    build: Callable[[date, date], str | None], first: date, last: date
) -> Iterator[tuple[date, str]]:
    """Build a range of days, and if that fails each of them alone; yield those that failed."""
    reason = build(first, last)
    if reason is None:
        return
    if first == last:
        yield first, reason
        return
    # A store that can't be reached fails every day: that is said once.
    check_landing(SETTINGS)
    check_lake(SETTINGS)
    for day in iter_days(first, last):
        if reason := build(day, day):
            yield day, reason


def _executor(instance: dg.DagsterInstance, bar: Progress, task: TaskID) -> Execute:
    """Return what executes a run of a job, given its tags and run config, until its end."""
    if queue := RunQueue.find(instance):

        def submit(job: str, tags: Mapping[str, str], config: dict[str, Any]) -> None:
            queue.run(job, {**RUN_TAGS, **tags}, config, partial(_advance, bar, task))

        return submit
    refuse_supervised_runs(instance.run_launcher)
    for stuck in end_runs(instance, datetime.now(UTC)):
        LOGGER.warning("run %s did not end, and is marked as failed", stuck.run.run_id)

    def execute(job: str, tags: Mapping[str, str], config: dict[str, Any]) -> None:
        with _advancing(bar, task):
            defs.resolve_job_def(job).execute_in_process(
                instance=instance, tags={**RUN_TAGS, **REPOSITORY, **tags}, run_config=config
            )

    return execute


def refuse_supervised_runs(launcher: object) -> None:
    """Raise CommandError if the launcher's run monitoring would end a run of this process."""
    if getattr(launcher, "supports_check_run_worker_health", False):
        raise CommandError(
            f"{type(launcher).__name__} starts this Dagster's runs, and would report one of this "
            "command as dead: launch the days in Dagster's UI."
        )


def _reason_of_failure(execute: Callable[[], None]) -> str | None:
    """Execute a run, and return in one sentence what it fails at; None if it succeeds.

    Raises CommandError if a person stops it.
    """
    try:
        execute()
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        raise CommandError(STOPPED) from None
    except (CommandError, dg.DagsterError, dg.Failure, OSError, BaseError) as error:
        reason = _reason(error)
        if reason == STOPPED:
            raise CommandError(STOPPED) from None
        return reason
    except Exception as error:
        # SQLAlchemy's errors: of a full disk, for example.
        if isinstance(error.__cause__, sqlite3.Error):
            return f"Dagster's history can't be written: {first_line(error.__cause__)}"
        raise
    return None


def _reason(error: BaseException) -> str:
    """Return the cause of an error: Dagster wraps it, and wraps it again for each retry."""
    inner = error.__cause__ or error.__context__
    if inner and isinstance(error, (dg.DagsterError, dg.RetryRequested)):
        return _reason(inner)
    if isinstance(error, dg.Failure) and error.description:
        return error.description
    # The lines after the first name the checks.
    return one_line(str(error)) if type(error).__name__ == CHECK_FAILED else first_line(error)


@contextmanager
def _advancing(bar: Progress, task: TaskID) -> Iterator[None]:
    """Advance the bar with every line that the assets log."""
    handler = _Advance(bar, task)
    # An interrupt may arrive while Dagster's storage is being closed, which is no error.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)


class _Advance(logging.Handler):
    def __init__(self, bar: Progress, task: TaskID) -> None:
        super().__init__(logging.INFO)
        self._bar, self._task = bar, task

    def emit(self, record: logging.LogRecord) -> None:
        _advance(self._bar, self._task, record.getMessage().partition(":")[0])


def _advance(bar: Progress, task: TaskID, partition: str) -> None:
    bar.update(task, advance=1, description=partition)
