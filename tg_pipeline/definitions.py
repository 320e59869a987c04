"""All definitions for Dagster: those of each domain, with their executor and resources."""

import dagster as dg

from tg_pipeline.defs import automation, stuck_runs
from tg_pipeline.defs.alerts import sensors as alert_sensors
from tg_pipeline.defs.athena import assets as athena
from tg_pipeline.defs.digest import assets as digest
from tg_pipeline.defs.marts import assets as marts
from tg_pipeline.defs.privacy import assets as privacy
from tg_pipeline.defs.privacy import history
from tg_pipeline.defs.privacy import schedules as privacy_schedules
from tg_pipeline.defs.report import assets as report
from tg_pipeline.defs.resources import resources
from tg_pipeline.defs.sqlite_history import sync_seldom
from tg_pipeline.defs.updates import (
    assets,
    checks,
    queue_sensor,
    schedules,
    sealing,
    sensors,
    verification,
)
from tg_pipeline.logs import configure_logging
from tg_pipeline.settings import wants_json_logs

configure_logging(as_json=wants_json_logs())
sync_seldom()

defs = dg.Definitions.merge(
    assets.defs,
    marts.defs,
    report.defs,
    athena.defs,
    digest.defs,
    privacy.defs,
    privacy_schedules.defs,
    history.defs,
    automation.defs,
    stuck_runs.defs,
    checks.defs,
    verification.defs,
    sealing.defs,
    schedules.defs,
    sensors.defs,
    queue_sensor.defs,
    alert_sensors.defs,
    dg.Definitions(executor=dg.in_process_executor, resources=resources),
)
