"""The monthly search for damaged files: a run that finds any fails, which is alerted."""

from typing import Final

import dagster as dg

from tg_pipeline.builds.monitoring.damage import (
    find_damaged_sealed,
    mark_found,
    partitions_of,
    verify_lake,
)
from tg_pipeline.builds.staleness import DAILY_HOUR
from tg_pipeline.defs.metadata import as_dagster_failure
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import LakeResource, LandingResource
from tg_pipeline.lake.floors import read_floors

VERIFICATION_CRON: Final = f"30 {DAILY_HOUR + 1} 1 * *"
"""Monthly: it reads the whole lake. A sensor looks at all days once a day, so that what it finds is
built within a day."""

NAMED: Final = 5
"""Damaged partitions that the failure describes; it counts the others."""


@dg.op(name="verify_tables")
def verify_tables(
    context: dg.OpExecutionContext,
    landing: dg.ResourceParam[LandingResource],
    lake: dg.ResourceParam[LakeResource],
) -> None:
    """Read all tables with their checksums, and make what is damaged stale.

    Sealed objects are read as well: a damaged one can only be restored.
    """
    with as_dagster_failure(lake.uri):
        store, tables = landing.store(), lake.lake()
        partitions = partitions_of(tables, None)
        found = verify_lake(store, tables, read_floors(store), partitions)
        mark_found(tables, partitions, found)
        _, damaged_sealed = find_damaged_sealed(store, None)
    context.log.info(
        "%d partitions were read; %d have no checksums.", found.partitions, found.without_checksums
    )
    if damaged := [*found.damaged, *damaged_sealed]:
        stated = "; ".join(map(str, damaged[:NAMED]))
        more = len(damaged) - NAMED
        raise dg.Failure(f"{stated}{f'; and {more} more' if more > 0 else ''}", allow_retries=False)


@dg.job(name="verification_job", description="Searches all tables for damaged files.")
def verification_job() -> None:
    """Read all tables."""
    verify_tables()


verification_schedule = dg.ScheduleDefinition(
    job=verification_job,
    cron_schedule=VERIFICATION_CRON,
    execution_timezone=SETTINGS.timezone,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)

defs = dg.Definitions(jobs=[verification_job], schedules=[verification_schedule])
