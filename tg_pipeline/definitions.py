"""All of it, for Dagster: the definitions merged, with their executor and resources."""

import dagster as dg

from tg_pipeline.defs import (
    alerts,
    athena,
    digest,
    freshness,
    layers,
    mart_sensor,
    marts,
    queue_sensor,
    report_page,
    report_sensor,
    schedules,
    sensors,
)
from tg_pipeline.defs.resources import resources
from tg_pipeline.logs import configure_logging
from tg_pipeline.settings import wants_json_logs

configure_logging(as_json=wants_json_logs())

defs = dg.Definitions.merge(
    layers.defs,
    marts.defs,
    report_page.defs,
    report_sensor.defs,
    schedules.defs,
    sensors.defs,
    queue_sensor.defs,
    mart_sensor.defs,
    freshness.defs,
    athena.defs,
    alerts.defs,
    digest.defs,
    dg.Definitions(executor=dg.in_process_executor, resources=resources),
)
