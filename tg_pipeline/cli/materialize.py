"""Days through Dagster: a run a month, then one for the marts; a bar moves as days are written."""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from datetime import date
from time import perf_counter
from typing import Final

import dagster as dg
from obstore.exceptions import BaseError
from rich.progress import Progress, TaskID

from lambda_ingest.store import first_line
from tg_pipeline.cli.console import progress
from tg_pipeline.cli.own_runs import own_runs
from tg_pipeline.defs.partitions import runs_of, span_tags
from tg_pipeline.defs.run_logs import LOGGER
from tg_pipeline.exceptions import CommandError
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.settings import home_folder

LINES_A_DAY: Final = len(ALL_LAYERS) + len(DAILY_MARTS)
"""What a run logs of a day: a line a table."""


def materialize(days: list[date], *, full: bool) -> float:
    """Build `days`, then the marts, and record them in Dagster; give the seconds it took."""
    began = perf_counter()
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    anew = {"ops": {RAW_UPDATES.name: {"config": {"full": True}}}} if full else {}
    with _instance() as instance, own_runs(instance) as runs, progress() as bar:
        task = bar.add_task("building", total=len(days) * LINES_A_DAY + len(CUMULATIVE_MARTS))
        with _moving(bar, task):
            for first, last in runs_of(days):
                span = str(first) if first == last else f"{first} to {last}"
                with _clear_failures(span):
                    runs.make("updates_job", span_tags(first, last), quiet | anew)
            with _clear_failures("the marts"):
                runs.make("marts_job", {}, quiet)
    return perf_counter() - began


@contextmanager
def _clear_failures(what: str) -> Iterator[None]:
    """Turn what a run fails at into one line that names what it was building."""
    try:
        yield
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        raise CommandError("stopped; the days already written stand") from None
    except (dg.DagsterError, dg.Failure, OSError, BaseError) as error:
        raise CommandError(f"{what} failed: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    """Give what lies under an error: Dagster wraps it, and each retry wraps it again."""
    inner = error.__cause__ or error.__context__
    if inner and isinstance(error, (dg.DagsterError, dg.RetryRequested)):
        return _reason(inner)
    if isinstance(error, dg.Failure) and error.description:
        return error.description
    return first_line(error)


@contextmanager
def _instance() -> Iterator[dg.DagsterInstance]:
    """Open the instance of DAGSTER_HOME, or of the checkout, whose paths are relative to it."""
    home = home_folder()
    is_set = bool(os.environ.get("DAGSTER_HOME"))
    with ExitStack() as stack:
        if not is_set:
            stack.enter_context(chdir(home))
        try:
            found = (
                dg.DagsterInstance.get() if is_set else dg.DagsterInstance.from_config(str(home))
            )
            instance = stack.enter_context(found)
        except Exception as error:  # each storage has errors of its own
            raise CommandError(f"Dagster's instance can't be opened: {_why(error)}") from error
        yield instance


def _why(error: Exception) -> str:
    """Give what is wrong with Dagster's configuration, or with the place of its history."""
    if isinstance(error, dg.DagsterInvalidConfigError) and error.errors:
        return first_line(Exception(error.errors[0].message))
    return first_line(error.__cause__ or error)


@contextmanager
def _moving(bar: Progress, task: TaskID) -> Iterator[None]:
    """Move the bar by what the layers log."""
    handler = _Advance(bar, task)
    # An interrupt may strike while Dagster's history is being closed; that is no news to anyone.
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
        self._bar.update(self._task, advance=1, description=record.getMessage().partition(":")[0])
