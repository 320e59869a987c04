"""Days asked for by the events queue: the one of the nightly tick, and those changed late."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import Final

import dagster as dg

from lambda_ingest.store import StoreError
from tg_pipeline.defs.late_days import look_for
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.queue_told import log_turn, result_of
from tg_pipeline.defs.queue_turn import Pace, Surroundings, take_turn
from tg_pipeline.defs.resources import A_TICK, ClockResource, LakeResource, LandingResource
from tg_pipeline.defs.schedules import daily_key, updates_job
from tg_pipeline.defs.sensors import is_under_way
from tg_pipeline.events.memory import Memory
from tg_pipeline.events.messages import LandingAddress
from tg_pipeline.events.queue import Queue
from tg_pipeline.exceptions import EventsQueueError
from tg_pipeline.logs import log_fields

NAME: Final = "events_sensor"

LOGGER: Final = logging.getLogger("tg_pipeline.events")

RUN_KEY: Final = "dagster/run_key"
"""The tag under which Dagster keeps the key that a run was asked for by."""


def events_sensor(open_queue: Callable[[], Queue], pace: Pace) -> dg.SensorDefinition:
    """Make the sensor that takes from a queue."""

    @dg.sensor(
        name=NAME,
        job=updates_job,
        minimum_interval_seconds=pace.turn_every,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Builds what the events queue asks for: D-1 every night, and late days.",
    )
    def evaluate(
        context: dg.SensorEvaluationContext,
        landing: LandingResource,
        lake: LakeResource,
        clock: ClockResource,
    ) -> dg.SensorResult:
        """Take a turn; while something runs, only the look at the tables waits."""
        with _failures_logged():
            around = _surroundings(context.instance, landing, lake, clock)
            turn = take_turn(open_queue(), Memory.read(context.cursor), around, pace)
        for each in turn.unreadable:
            context.log.warning("A message was set aside. %s", each)
        log_turn(NAME, turn)
        return result_of(turn, is_busy=around.is_busy)

    return evaluate


def _surroundings(
    instance: dg.DagsterInstance, landing: LandingResource, lake: LakeResource, clock: ClockResource
) -> Surroundings:
    store, tables, now = landing.store(A_TICK), lake.lake(A_TICK), clock.now()
    return Surroundings(
        now,
        LandingAddress.of(landing.uri),
        tables.store,
        partial(look_for, store, tables, now),
        partial(_is_asked, instance),
        is_under_way(instance),
    )


@contextmanager
def _failures_logged() -> Iterator[None]:
    """Log in one sentence what fails the tick, whose own account of it is pages long."""
    try:
        yield
    except (EventsQueueError, StoreError) as error:
        LOGGER.error("%s", error, extra=log_fields(sensor=NAME))  # noqa: TRY400 - a trace says no more
        raise


def _is_asked(instance: dg.DagsterInstance, day: date) -> bool:
    return instance.get_runs_count(dg.RunsFilter(tags={RUN_KEY: daily_key(day)})) > 0


def definitions(queue_url: str | None) -> dg.Definitions:
    """Give the sensor of the queue at a URL; nothing where there is none."""
    if not queue_url:
        return dg.Definitions()

    def open_the_queue() -> Queue:
        # boto3 takes most of a second to import: only where there is a queue is it waited for.
        from tg_pipeline.events.sqs import open_queue  # noqa: PLC0415

        return open_queue(queue_url)

    return dg.Definitions(sensors=[events_sensor(open_the_queue, Pace())])


defs = definitions(SETTINGS.events_queue_url)
