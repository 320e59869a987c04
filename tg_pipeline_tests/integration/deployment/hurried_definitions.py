"""The definitions with a queue, with short intervals for tests."""

import os
from datetime import timedelta
from functools import partial

import dagster as dg

from tg_pipeline.defs.marts import assets as marts
from tg_pipeline.defs.resources import resources
from tg_pipeline.defs.updates import assets, schedules
from tg_pipeline.defs.updates.queue_sensor import QueueLimits, events_sensor
from tg_pipeline.events.sqs import open_queue

QUEUE = partial(
    open_queue, os.environ["TG_EVENTS_QUEUE_URL"], wait_seconds=0, visibility_timeout=10
)

defs = dg.Definitions.merge(
    assets.defs,
    marts.defs,
    schedules.defs,
    dg.Definitions(
        executor=dg.in_process_executor,
        resources=resources,
        sensors=[events_sensor(QUEUE, QueueLimits(interval_seconds=1, rescan_delay=timedelta()))],
    ),
)
