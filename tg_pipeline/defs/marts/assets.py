"""The marts: daily marts follow the layers of their day, cumulative marts all days."""

from collections.abc import Sequence
from typing import Final

import dagster as dg

from tg_pipeline.builds.monitoring.damage import Repairs
from tg_pipeline.builds.parameters import layer_parameters, mart_parameters
from tg_pipeline.builds.raw_updates import LandingSource
from tg_pipeline.defs.automation import FOLLOW_INPUTS
from tg_pipeline.defs.marts.steps import MartsStep, Results
from tg_pipeline.defs.metadata import DAMAGE_LOGGER, as_dagster_failure, table_schema
from tg_pipeline.defs.partitions import (
    MONTHLY_BACKFILL,
    SETTINGS,
    daily_partitions,
    with_days_before,
)
from tg_pipeline.defs.resources import LakeResource, LandingResource
from tg_pipeline.defs.spark import SparkSteps
from tg_pipeline.defs.updates.assets import OWNERS, RETRY_POLICY, conservation_check
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.marts.mart import Mart, is_daily, shown_sources

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
        deps=[_dep(mart, table) for table in shown_sources(mart)],
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


def marts_asset(
    name: str,
    marts: Sequence[Mart],
    partitions_def: dg.PartitionsDefinition[str] | None = None,
    backfill_policy: dg.BackfillPolicy | None = None,
) -> dg.AssetsDefinition:
    """Return the assets of marts, each after its sources, which one step builds.

    A step and its DuckDB cost more than a small mart does. A run may ask for any of them.
    """

    @dg.multi_asset(
        name=name,
        specs=[mart_spec(mart) for mart in marts],
        check_specs=[
            conservation_check(rule.name, mart, rule.description)
            for mart in marts
            if (rule := mart.conservation_rule)
        ],
        can_subset=True,
        partitions_def=partitions_def,
        backfill_policy=backfill_policy,
        retry_policy=RETRY_POLICY,
    )
    def build(
        context: dg.AssetExecutionContext,
        landing: dg.ResourceParam[LandingResource],
        lake: dg.ResourceParam[LakeResource],
    ) -> Results:
        with as_dagster_failure(landing.uri):
            store, tables = landing.store(), lake.lake()
            parameters, layers = mart_parameters(SETTINGS, store), layer_parameters(SETTINGS, store)
            source = LandingSource(store, landing.bot_id)
            repairs = Repairs(source, tables, layers, DAMAGE_LOGGER.warning)
            spark = SparkSteps(context, source, tables)
        yield from MartsStep(context, repairs, parameters, spark).run(marts)

    return build


def _dep(mart: Mart, table: Table) -> dg.AssetDep:
    """Return the input partitions of a mart: the same day, that and earlier days, or all days."""
    if is_daily(table) and not mart.is_daily:
        return dg.AssetDep(table.name, partition_mapping=dg.AllPartitionMapping())
    if mart.lookback_days:
        mapping = with_days_before(mart.lookback_days)
        return dg.AssetDep(table.name, partition_mapping=mapping)
    return dg.AssetDep(table.name)


def daily_marts(lookback_days: int) -> dg.AssetsDefinition:
    """Return the daily marts with this lookback: a step has one partition mapping per input."""
    return marts_asset(
        f"{MARTS_BY_DAY}_from_{lookback_days + 1}_days" if lookback_days else MARTS_BY_DAY,
        [mart for mart in DAILY_MARTS if mart.lookback_days == lookback_days],
        daily_partitions,
        MONTHLY_BACKFILL,
    )


defs = dg.Definitions(
    assets=[
        *map(daily_marts, sorted({mart.lookback_days for mart in DAILY_MARTS})),
        marts_asset(MARTS, CUMULATIVE_MARTS),
    ],
    jobs=[marts_job],
)
