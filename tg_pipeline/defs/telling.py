"""Tells listeners of failed runs: each of each run once, within the minute that a look has."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import dagster as dg

from tg_pipeline.builds.alert import FailedRun
from tg_pipeline.defs.failed_runs import failed_run
from tg_pipeline.defs.listeners import Listener, NotToldError
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.told_tags import BEGUN, NOT_SENT, SENT, is_told, keep

MOST: Final = 10
"""Runs that one is told of in a look: what has broken breaks every run."""

LOOK_FOR: Final = timedelta(seconds=40)
"""How long a look begins to tell: Dagster gives it a minute, and the last may take 15 s more.
https://docs.dagster.io/guides/automate/sensors
"""

Now = Callable[[], datetime]


def tell_each(
    instance: dg.DagsterInstance, told: Sequence[Listener], runs: Sequence[dg.RunRecord], now: Now
) -> list[str]:
    """Tell each of the runs that they do not know of; give why somebody could not be told.

    Each has a share of the time: who is slow leaves some to the next.
    """
    began, troubles = now(), []
    for turn, listener in enumerate(told, start=1):
        news = [run for run in runs if not is_told(run.dagster_run, listener.name)]
        in_time = _before(began + turn * LOOK_FOR / len(told), now, news[:MOST])
        if why := _tell_all(instance, listener, in_time):
            troubles.append(why)
    return troubles


def _before(end: datetime, now: Now, runs: Iterable[dg.RunRecord]) -> Iterator[dg.RunRecord]:
    for run in runs:
        if now() >= end:
            return
        yield run


def _tell_all(
    instance: dg.DagsterInstance, listener: Listener, runs: Iterable[dg.RunRecord]
) -> str | None:
    """Tell one listener of runs; give why it stopped, if it did."""
    for record in runs:
        try:
            _tell(instance, listener, failed_run(instance, record, SETTINGS.token))
        except NotToldError as error:
            return str(error)
    return None


def _tell(instance: dg.DagsterInstance, listener: Listener, failed: FailedRun) -> None:
    """Tell of a run, unless another look has by now: one that outlasts its minute goes on."""
    run = instance.get_run_by_id(failed.run_id)
    if run is None or is_told(run, listener.name):
        return
    keep(instance, failed.run_id, listener.name, BEGUN)
    try:
        listener.tell(failed)
    except NotToldError as error:
        if not error.may_have_succeeded:
            keep(instance, failed.run_id, listener.name, NOT_SENT)
        raise
    keep(instance, failed.run_id, listener.name, SENT)
