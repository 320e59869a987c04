"""The definitions with a queue, at a pace for tests: a turn a second, and no gathering."""

import os
from datetime import timedelta
from functools import partial

import dagster as dg

from tg_pipeline.defs import layers, marts, schedules
from tg_pipeline.defs.queue_sensor import events_sensor
from tg_pipeline.defs.queue_turn import Pace
from tg_pipeline.defs.resources import resources
from tg_pipeline.events.sqs import open_queue

QUEUE = partial(open_queue, os.environ["TG_EVENTS_QUEUE_URL"], wait_seconds=0, visibility_timeout=10)

defs = dg.Definitions.merge(
    layers.defs,
    marts.defs,
    schedules.defs,
    dg.Definitions(
        executor=dg.in_process_executor,
        resources=resources,
        sensors=[events_sensor(QUEUE, Pace(turn_every=1, patience=timedelta()))],
    ),
)
