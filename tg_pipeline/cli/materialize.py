"""Builds days through Dagster: a run per month of days, then one for the marts.

If `tg-pipeline up` is running, they are submitted to its run queue; else they are executed in this
process, without a daemon. Concurrent builds are safe either way.
"""

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import dagster as dg
from filelock import FileLock
from obstore.exceptions import BaseError
from rich.progress import Progress, TaskID

from lambda_ingest.store import first_line
from tg_pipeline.cli.console import progress
from tg_pipeline.cli.run_queue import RunQueue
from tg_pipeline.definitions import defs
from tg_pipeline.defs.metadata import LOGGER, STOPPED
from tg_pipeline.defs.partitions import group_into_ranges, range_tags
from tg_pipeline.exceptions import CommandError
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.settings import dagster_home, home_folder

LINES_PER_DAY: Final = len(ALL_LAYERS) + len(DAILY_MARTS)
"""Lines that a run logs about a day: one per table."""

Execute = Callable[[str, Mapping[str, str], dict[str, Any]], None]

RUN_TAGS: Final = {"dagster/max_retries": "0"}
"""The user has seen it fail: the daemon does not start it again."""

REPOSITORY: Final = {".dagster/repository": "__repository__@tg_pipeline"}
"""The UI's page of a job lists runs by this tag; Dagster sets it on runs that it launches."""

QUIET: Final = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""The progress bar and one sentence about a failure take the place of Dagster's log lines."""


def materialize(
    days: list[date], *, full: bool, wants_report: Callable[[], bool] = lambda: False
) -> float:
    """Build `days`, then the marts, and record the runs in Dagster; return the seconds it took.

    The report follows by itself if Dagster runs; it is also built here if `wants_report()` says so
    after the marts. Raises CommandError.
    """
    started = perf_counter()
    again = {"ops": {RAW_UPDATES.name: {"config": {"full": True}}}} if full else {}
    with open_instance() as instance, progress() as bar:
        task = bar.add_task("building", total=len(days) * LINES_PER_DAY + len(CUMULATIVE_MARTS))
        execute = _executor(instance, bar, task)
        for first, last in group_into_ranges(days):
            span = str(first) if first == last else f"{first} to {last}"
            with _as_command_error(span):
                execute("updates_job", range_tags(first, last), QUIET | again)
        with _as_command_error("the marts"):
            execute("marts_job", {}, QUIET)
        if wants_report():
            with _as_command_error("the report"):
                execute("report_job", {}, QUIET)
    return perf_counter() - started


def _executor(instance: dg.DagsterInstance, bar: Progress, task: TaskID) -> Execute:
    """Return what executes a run of a job, given its tags and run config, until its end."""
    if queue := RunQueue.find(instance):

        def submit(job: str, tags: Mapping[str, str], config: dict[str, Any]) -> None:
            queue.run(job, {**RUN_TAGS, **tags}, config, partial(_advance, bar, task))

        return submit
    refuse_supervised_runs(instance.run_launcher)

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


@contextmanager
def _as_command_error(what: str) -> Iterator[None]:
    """Raise what a run fails at as one sentence that names what it was building."""
    try:
        yield
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        raise CommandError(STOPPED) from None
    except (CommandError, dg.DagsterError, dg.Failure, OSError, BaseError) as error:
        raise CommandError(f"{what} failed: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    """Return the cause of an error: Dagster wraps it, and wraps it again for each retry."""
    inner = error.__cause__ or error.__context__
    if inner and isinstance(error, (dg.DagsterError, dg.RetryRequested)):
        return _reason(inner)
    if isinstance(error, dg.Failure) and error.description:
        return error.description
    return first_line(error)


@contextmanager
def open_instance() -> Iterator[dg.DagsterInstance]:
    """Open Dagster's instance; the paths in the checkout's dagster.yaml are relative to it."""
    is_set = bool(os.environ.get("DAGSTER_HOME"))
    with ExitStack() as stack:
        if not is_set:
            stack.enter_context(chdir(home_folder()))
        try:
            # Two processes that create the same SQLite databases at once leave them unusable.
            with FileLock(_lock_file(dagster_home())):
                found = (
                    dg.DagsterInstance.get()
                    if is_set
                    else dg.DagsterInstance.from_config(str(dagster_home()))
                )
                instance = stack.enter_context(found)
        except Exception as error:  # each storage has errors of its own
            raise CommandError(f"Dagster's instance can't be opened: {_why(error)}") from error
        yield instance


def _lock_file(home: Path) -> Path:
    """Return a file for a lock on a Dagster home, which itself may be read-only."""
    name = hashlib.sha256(str(home.absolute()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"tg_pipeline-{name}.lock"


def _why(error: Exception) -> str:
    """Return what is wrong with Dagster's configuration, or with its storage."""
    if isinstance(error, dg.DagsterInvalidConfigError) and error.errors:
        return first_line(Exception(error.errors[0].message))
    return first_line(error.__cause__ or error)


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
