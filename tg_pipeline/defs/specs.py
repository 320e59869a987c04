"""What Dagster shows of the assets and their checks, beside what they do."""

from typing import Final

import dagster as dg

from tg_pipeline.defs.columns import table_schema
from tg_pipeline.defs.partitions import SETTINGS, daily_partitions
from tg_pipeline.defs.report import LANDING
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.layers.schema import Layer, Table

LAYERS: Final = "layers"
"""The group that the nightly run builds."""

OWNERS: Final = ["team:data"]
LANDED_LINES_ARE_CONSERVED: Final = "landed_lines_are_conserved"
RAW_ROWS_ARE_CONSERVED: Final = "raw_rows_are_conserved"
DEDUPED_ROWS_ARE_CONSERVED: Final = "deduped_rows_are_conserved"

CONSERVATION_CHECKS: Final = [
    dg.AssetCheckKey(dg.AssetKey(RAW_UPDATES.name), LANDED_LINES_ARE_CONSERVED),
    dg.AssetCheckKey(dg.AssetKey(DEDUPED_UPDATES.name), RAW_ROWS_ARE_CONSERVED),
    dg.AssetCheckKey(dg.AssetKey(ENRICHED_UPDATES.name), DEDUPED_ROWS_ARE_CONSERVED),
]


def layer_spec(layer: Layer, dep: dg.AssetSpec | dg.AssetDep | str) -> dg.AssetSpec:
    """Give what Dagster shows of a layer: its place, owner, kinds, columns and home."""
    return dg.AssetSpec(
        layer.name,
        deps=[dep],
        description=layer.description,
        group_name=LAYERS,
        owners=OWNERS,
        kinds={"python", "parquet"},
        metadata={
            "dagster/column_schema": table_schema(layer),
            "dagster/uri": f"{SETTINGS.lake_uri}/{layer.name}",
        },
    )


def conservation_check(name: str, table: Table, description: str) -> dg.AssetCheckSpec:
    """Give a check that stops what is downstream where rows leak."""
    return dg.AssetCheckSpec(name, asset=table.name, description=description, blocking=True)


landing_zone = dg.AssetSpec(
    LANDING,
    description="Updates exactly as Telegram sent them, one object each, put there by a door.",
    group_name="landing",
    owners=OWNERS,
    kinds={"telegram", "json"},
    partitions_def=daily_partitions,
    metadata={"dagster/uri": SETTINGS.landing_uri},
)
