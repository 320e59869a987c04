"""All of it, for Dagster: the definitions merged, with their executor and resources."""

import dagster as dg

from tg_pipeline.defs import freshness, layers, schedules, sensors
from tg_pipeline.defs.resources import resources

defs = dg.Definitions.merge(
    layers.defs,
    schedules.defs,
    sensors.defs,
    freshness.defs,
    dg.Definitions(executor=dg.in_process_executor, resources=resources),
)
