"""The marts: daily marts follow the layers of their day, cumulative marts all days."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from time import perf_counter
from typing import Final

import dagster as dg

from tg_pipeline.builds.damage import LostPartitionError, Repairs
from tg_pipeline.builds.marts import MartBuilder, MartBuildResult, buildable_days, mart_builder
from tg_pipeline.builds.parameters import layer_parameters, mart_parameters
from tg_pipeline.builds.raw_updates import LandingSource
from tg_pipeline.defs.automation import FOLLOW_INPUTS
from tg_pipeline.defs.marts.charts import mart_chart
from tg_pipeline.defs.metadata import (
    DAMAGE_LOGGER,
    PartitionMetadata,
    add_partition_metadata,
    as_dagster_failure,
    conservation_result,
    log_expired,
    table_schema,
)
from tg_pipeline.defs.partitions import (
    MONTHLY_BACKFILL,
    SETTINGS,
    daily_partitions,
    partition_dates,
    with_days_before,
)
from tg_pipeline.defs.resources import LakeResource, LandingResource
from tg_pipeline.defs.updates.assets import OWNERS, RETRY_POLICY, conservation_check
from tg_pipeline.lake.floors import Floors, read_floors
from tg_pipeline.lake.partitions import Lake, PartitionName
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import ALL_MARTS, DAILY_MARTS
from tg_pipeline.marts.mart import Mart, MartParameters, is_daily

MARTS_BY_DAY: Final = "marts_by_day"
"""The group of the daily marts, which are built with the layers of their day."""

MARTS: Final = "marts"
"""The group of the cumulative marts."""

DAILY_CONSERVATION_CHECKS: Final = [
    dg.AssetCheckKey(dg.AssetKey(mart.name), mart.conservation_rule.name)
    for mart in DAILY_MARTS
    if mart.conservation_rule
]

marts_job = dg.define_asset_job(
    "marts_job",
    selection=dg.AssetSelection.groups(MARTS),
    description="Builds the cumulative marts.",
)


def mart_spec(mart: Mart) -> dg.AssetSpec:
    """Return a mart's inputs and what its page shows: description, columns and query."""
    return dg.AssetSpec(
        mart.name,
        deps=[_dep(mart, table) for table in mart.sources],
        description=f"{mart.description}\n\nWhat it can't know: {mart.limitations}",
        group_name=MARTS_BY_DAY if mart.is_daily else MARTS,
        owners=OWNERS,
        kinds={"duckdb", "parquet"} | ({"python"} if mart.post_process else {"sql"}),
        automation_condition=None if mart.is_daily else FOLLOW_INPUTS,
        metadata={
            "dagster/column_schema": table_schema(mart),
            "dagster/uri": f"{SETTINGS.lake_uri}/{mart.name}",
            "query": dg.MetadataValue.md(f"```sql\n{mart.sql}```"),
        },
    )


def mart_asset(mart: Mart) -> dg.AssetsDefinition:
    """Return the asset of a mart: one partition per day, or a single table."""
    rule = mart.conservation_rule

    @dg.multi_asset(
        name=mart.name,
        specs=[mart_spec(mart)],
        check_specs=[conservation_check(rule.name, mart, rule.description)] if rule else [],
        partitions_def=daily_partitions if mart.is_daily else None,
        backfill_policy=MONTHLY_BACKFILL if mart.is_daily else None,
        retry_policy=RETRY_POLICY,
    )
    def build(
        context: dg.AssetExecutionContext,
        landing: dg.ResourceParam[LandingResource],
        lake: dg.ResourceParam[LakeResource],
    ) -> Iterator[dg.MaterializeResult[None]]:
        with as_dagster_failure(landing.uri):
            store, tables = landing.store(), lake.lake()
            parameters = mart_parameters(SETTINGS, store)
            days: list[date | None] = [None]
            if mart.is_daily:
                days = [*_kept_days(context, tables, mart, read_floors(store))]
            source = LandingSource(store, landing.bot_id)
            layers = layer_parameters(SETTINGS, store)
            repairs = Repairs(source, tables, layers, DAMAGE_LOGGER.warning)
        yield _build_mart(context, repairs, mart, days, parameters)

    return build


def _kept_days(
    context: dg.AssetExecutionContext, lake: Lake, mart: Mart, floors: Floors
) -> list[date]:
    """Return the days of a run that can be built; the others have expired, and are logged."""
    asked = list(partition_dates(context))
    days = buildable_days(lake, mart, asked, floors)
    for day in asked:
        if day not in days:
            log_expired(context, mart, day)
    return days


def _build_mart(
    context: dg.AssetExecutionContext,
    repairs: Repairs,
    mart: Mart,
    days: list[date | None],
    parameters: MartParameters,
) -> dg.MaterializeResult[None]:
    started = perf_counter()
    built: list[MartBuildResult] = []
    tables = repairs.lake
    with as_dagster_failure(SETTINGS.lake_uri):
        if days:
            with mart_builder(tables, parameters) as builder:
                days, built = _build_what_can_be(builder, repairs, mart, days)
        seconds = (perf_counter() - started) / max(len(days), 1)
        for day, each in zip(days, built, strict=True):
            partition = PartitionMetadata(mart, day, each.written, seconds)
            chart = mart_chart(tables, mart, day, names_people=SETTINGS.privacy.shows_previews)
            add_partition_metadata(context, tables, partition, list(mart.columns), chart)
    conservation = [each.conservation for each in built if each.conservation]
    rule = mart.conservation_rule
    checks = [conservation_result(rule.name, conservation)] if rule else []
    return dg.MaterializeResult(check_results=checks)


def _build_what_can_be(
    builder: MartBuilder, repairs: Repairs, mart: Mart, days: list[date | None]
) -> tuple[list[date | None], list[MartBuildResult]]:
    """Build days of a mart without those that are made from a day that is damaged for good.

    Return the days that are built, with the results. Raises LostPartitionError if none is.
    """
    while True:
        try:
            return days, repairs.run(None, partial(builder.build_days, mart, days))
        except LostPartitionError as lost:
            left = [day for day in days if day and not _is_made_from(day, lost.day, mart)]
            if not left:
                raise
            DAMAGE_LOGGER.warning("%s is built without some days: %s", mart.name, lost)
            days = [*left]


def _is_made_from(day: date, source: PartitionName, mart: Mart) -> bool:
    return not isinstance(source, date) or 0 <= (day - source).days <= mart.lookback_days


def _dep(mart: Mart, table: Table) -> dg.AssetDep:
    """Return the input partitions of a mart: the same day, that and earlier days, or all days."""
    if is_daily(table) and not mart.is_daily:
        return dg.AssetDep(table.name, partition_mapping=dg.AllPartitionMapping())
    if mart.lookback_days:
        mapping = with_days_before(mart.lookback_days)
        return dg.AssetDep(table.name, partition_mapping=mapping)
    return dg.AssetDep(table.name)


defs = dg.Definitions(assets=[mart_asset(mart) for mart in ALL_MARTS], jobs=[marts_job])
