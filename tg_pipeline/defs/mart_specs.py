"""What Dagster shows of the marts and their checks, beside what they do."""

from typing import Final

import dagster as dg

from tg_pipeline.defs.columns import table_schema
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.specs import OWNERS, conservation_check
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline.marts.mart import Mart, is_daily

MARTS_BY_DAY: Final = "marts_by_day"
"""The group that is built along with the layers of a day."""

MARTS: Final = "marts"
"""The group that is built from all days at once."""

DAILY_LAWS: Final = [
    dg.AssetCheckKey(dg.AssetKey(mart.name), mart.conservation_rule.name)
    for mart in DAILY_MARTS
    if mart.conservation_rule
]


def mart_spec(mart: Mart) -> dg.AssetSpec:
    """Give what Dagster shows of a mart: what it is made of, its question, columns, and query."""
    return dg.AssetSpec(
        mart.name,
        deps=[_dep(mart, table) for table in mart.sources],
        description=f"{mart.description}\n\nWhat it can't know: {mart.limitations}",
        group_name=MARTS_BY_DAY if mart.is_daily else MARTS,
        owners=OWNERS,
        kinds={"duckdb", "parquet"} | ({"python"} if mart.post_process else {"sql"}),
        metadata={
            "dagster/column_schema": table_schema(mart),
            "dagster/uri": f"{SETTINGS.lake_uri}/{mart.name}",
            "query": dg.MetadataValue.md(f"```sql\n{mart.sql}```"),
        },
    )


def law_checks(mart: Mart) -> list[dg.AssetCheckSpec]:
    """Give the check of a mart's law, if it has one."""
    law = mart.conservation_rule
    return [conservation_check(law.name, mart, law.description)] if law else []


def _dep(mart: Mart, table: Table) -> dg.AssetDep:
    """Give the partitions that a mart needs: the same day, or all days."""
    if is_daily(table) and not mart.is_daily:
        return dg.AssetDep(table.name, partition_mapping=dg.AllPartitionMapping())
    return dg.AssetDep(table.name)
