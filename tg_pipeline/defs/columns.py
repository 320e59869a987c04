"""The layers' columns as Dagster shows them: types, descriptions, and where each comes from."""

import dagster as dg
import pyarrow as pa

from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched_columns import ENRICHED_UPDATES
from tg_pipeline.layers.enriched_updates import CARRIED
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.layers.schema import Layer


def table_schema(layer: Layer) -> dg.TableSchema:
    """Give a layer's columns from its one declaration."""
    return dg.TableSchema(columns=[_table_column(field) for field in layer.schema])


def column_lineage(layer: Layer) -> dg.TableColumnLineage:
    """Give the columns upstream that each column of a layer is made of."""
    return dg.TableColumnLineage(
        {name: _sources(layer, name) for name in layer.schema.names if _sources(layer, name)}
    )


def _table_column(field: pa.Field) -> dg.TableColumn:
    return dg.TableColumn(
        name=field.name,
        type=str(field.type),
        description=field.metadata[b"description"].decode(),
        constraints=dg.TableColumnConstraints(nullable=field.nullable),
    )


def _sources(layer: Layer, name: str) -> list[dg.TableColumnDep]:
    if layer is DEDUPED_UPDATES:
        return [_dep(RAW_UPDATES, name)]
    if layer is ENRICHED_UPDATES:
        return [_dep(DEDUPED_UPDATES, name if name in CARRIED else "payload")]
    return []


def _dep(layer: Layer, name: str) -> dg.TableColumnDep:
    return dg.TableColumnDep(asset_key=dg.AssetKey(layer.name), column_name=name)
