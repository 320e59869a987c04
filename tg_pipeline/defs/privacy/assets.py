"""Expiry: every night, days that are no longer to be kept are deleted (TG_KEEP_DAYS_…)."""

from collections.abc import Mapping
from itertools import product
from typing import Final

import dagster as dg

from tg_pipeline.builds.expiry import DAY_FOLDERS, Expired, expire, floors_on
from tg_pipeline.defs.metadata import LANDING, LOGGER, as_dagster_failure
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import ClockResource, LakeResource, LandingResource
from tg_pipeline.defs.updates.assets import OWNERS, RETRY_POLICY
from tg_pipeline.lake.floors import Floors, TableGroup
from tg_pipeline.logs import log_fields

EXPIRY: Final = "expiry"
"""The asset."""

EXPIRED: Final = "The day has expired."
"""The description of what is recorded of a day that was deleted."""

PRIVACY: Final = "privacy"
"""The asset group."""


@dg.asset(
    name=EXPIRY,
    group_name=PRIVACY,
    owners=OWNERS,
    kinds={"python"},
    description=(
        "Deletes the days that are no longer to be kept: TG_KEEP_DAYS_LANDING, _RAW, _ENRICHED "
        "and _MARTS. The first day kept of each group is stored in the landing zone, so that no "
        "build brings back what was deleted."
    ),
    retry_policy=RETRY_POLICY,
)
def expiry(
    context: dg.AssetExecutionContext,
    landing: dg.ResourceParam[LandingResource],
    lake: dg.ResourceParam[LakeResource],
    clock: dg.ResourceParam[ClockResource],
) -> dg.MaterializeResult[None]:
    """Raise the floors, and delete what is below."""
    today = clock.now().astimezone(SETTINGS.zone).date()
    with as_dagster_failure(lake.uri):
        asked = floors_on(today, SETTINGS.privacy.keep_days)
        floors, found = expire(landing.store(), lake.lake(), asked)
    _record_expired_days(context, found)
    return dg.MaterializeResult(metadata=_counts(floors, found))


def _record_expired_days(
    context: dg.AssetExecutionContext, found: Mapping[TableGroup, Expired]
) -> None:
    """Record that days of tables are gone, so that the marts over all days follow."""
    for group, expired in found.items():
        numbers = {"objects": expired.objects, "bytes": expired.bytes, "days": len(expired.days)}
        LOGGER.info(
            "expiry of %s: %d objects",
            group.value,
            expired.objects,
            extra=log_fields(table=EXPIRY, run_id=context.run.run_id, **numbers),
        )
        tables = (LANDING,) if group is TableGroup.LANDING else DAY_FOLDERS[group]
        for table, day in product(tables, sorted(expired.days)):
            context.log_event(
                dg.AssetMaterialization(
                    table,
                    description=EXPIRED,
                    partition=day.isoformat(),
                    metadata={"dagster/partition_row_count": 0},
                )
            )


def _counts(floors: Floors, found: Mapping[TableGroup, Expired]) -> dict[str, int | str]:
    counts: dict[str, int | str] = {}
    for group, expired in found.items():
        counts[f"{group.value}_kept_since"] = str(floors.of(group))
        counts[f"{group.value}_objects_deleted"] = expired.objects
        counts[f"{group.value}_bytes_deleted"] = expired.bytes
        counts[f"{group.value}_days_deleted"] = len(expired.days)
    return counts


defs = dg.Definitions(assets=[expiry])
