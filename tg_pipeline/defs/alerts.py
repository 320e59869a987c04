"""Failed runs, told of once, where TG_ADMIN_CHAT_ID or TG_ALERT_URL says to whom."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import dagster as dg

from tg_pipeline.defs.failed_runs import failed_records
from tg_pipeline.defs.listeners import Listener, listeners
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import ClockResource
from tg_pipeline.defs.telling import tell_each

LOOK_EVERY: Final = 30
"""Seconds."""

KEPT_FOR: Final = timedelta(days=1)
"""How long it is tried to tell of a failure; later it is no news."""


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
        now, first_look = clock.now(), _first_look(context.cursor)
        if first_look is None:
            context.update_cursor(now.isoformat())
            return dg.SkipReason("The first look: what fails from now on is told of.")
        since = max(first_look, now - KEPT_FOR)
        runs = failed_records(context.instance, since, now)
        if troubles := tell_each(context.instance, told, runs, clock.now):
            raise AlertError(" ".join(troubles))
        return dg.SkipReason(f"{len(runs)} failed runs since {since:%Y-%m-%d %H:%M} UTC.")

    return sensor


def _first_look(cursor: str | None) -> datetime | None:
    """Give when the sensor looked first; None where it has not, or where nobody can tell."""
    try:
        return datetime.fromisoformat(cursor or "").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def definitions(told: Sequence[Listener]) -> dg.Definitions:
    """Give the sensor; nothing where nobody wants to know."""
    return dg.Definitions(sensors=[failure_sensor(told)] if told else [])


defs = definitions(listeners(SETTINGS))
