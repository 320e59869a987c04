"""Failed runs, told of once, where TG_ADMIN_CHAT_ID or TG_ALERT_URL says to whom."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import dagster as dg

from tg_pipeline.defs.failed_runs import failed_records, failed_run
from tg_pipeline.defs.listeners import Listener, NotToldError, listeners
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import ClockResource

LOOK_EVERY: Final = 30
"""Seconds."""

KEPT_FOR: Final = timedelta(days=1)
"""How long it is tried to tell of a failure; later it is no news."""

MOST: Final = 10
"""Runs told of in one look: what has broken breaks every run, and a look has a minute in all."""

TOLD: Final = "tg_pipeline/told_"
"""How the tags of a run begin that say what became of telling each listener of it."""

BEGUN: Final = "begun"
SENT: Final = "sent"
NOT_SENT: Final = "not sent"


class AlertError(Exception):
    """Somebody could not be told; the message says who and why."""


def failure_sensor(told: Sequence[Listener]) -> dg.SensorDefinition:
    """Make the sensor that tells listeners of each failed run.

    Dagster's own run-failure sensor goes on to the next run where telling of one failed. This one
    keeps in tags of the run who was told, so that it tries again, and never tells anybody twice.
    """

    @dg.sensor(
        name="failure_sensor",
        minimum_interval_seconds=LOOK_EVERY,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of runs that failed for good.",
    )
    def sensor(context: dg.SensorEvaluationContext, clock: ClockResource) -> dg.SkipReason:
        now = clock.now()
        if context.cursor is None:
            context.update_cursor(now.isoformat())
            return dg.SkipReason("The first look: what fails from now on is told of.")
        since = max(datetime.fromisoformat(context.cursor), now - KEPT_FOR)
        runs = failed_records(context.instance, since)
        troubles = [why for each in told if (why := _tell_all(context.instance, each, runs))]
        if troubles:
            raise AlertError(" ".join(troubles))
        return dg.SkipReason(f"{len(runs)} failed runs since {since:%Y-%m-%d %H:%M} UTC.")

    return sensor


def _tell_all(
    instance: dg.DagsterInstance, listener: Listener, runs: list[dg.RunRecord]
) -> str | None:
    """Tell one listener of runs it does not know of; give why it stopped, if it did."""
    tag = f"{TOLD}{listener.name}"
    news = [run for run in runs if run.dagster_run.tags.get(tag) not in {BEGUN, SENT}]
    for failed in (failed_run(instance, run, SETTINGS.token) for run in news[:MOST]):
        instance.add_run_tags(failed.run_id, {tag: BEGUN})
        try:
            listener.tell(failed)
        except NotToldError as error:
            if not error.may_be_done:
                instance.add_run_tags(failed.run_id, {tag: NOT_SENT})
            return str(error)
        instance.add_run_tags(failed.run_id, {tag: SENT})
    return None


def definitions(told: Sequence[Listener]) -> dg.Definitions:
    """Give the sensor; nothing where nobody wants to know."""
    return dg.Definitions(sensors=[failure_sensor(told)] if told else [])


defs = definitions(listeners(SETTINGS))
