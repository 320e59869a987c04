"""All of it, for Dagster: the definitions merged, with their executor and resources."""

import dagster as dg

from tg_pipeline.defs import (
    athena,
    freshness,
    layers,
    mart_sensor,
    marts,
    report_page,
    schedules,
    sensors,
)
from tg_pipeline.defs.resources import resources

defs = dg.Definitions.merge(
    layers.defs,
    marts.defs,
    report_page.defs,
    schedules.defs,
    sensors.defs,
    mart_sensor.defs,
    freshness.defs,
    athena.defs,
    dg.Definitions(executor=dg.in_process_executor, resources=resources),
)
