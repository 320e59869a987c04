"""The tables' columns as Dagster shows them: types, descriptions, and where each comes from."""

import dagster as dg
import pyarrow as pa

from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.enriched_updates import CARRIED
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.layers.schema import Layer, Table
from tg_pipeline.marts.mart import Mart


def table_schema(table: Table) -> dg.TableSchema:
    """Give a table's columns from its one declaration."""
    return dg.TableSchema(columns=[_table_column(field) for field in table.schema])


def column_lineage(table: Table) -> dg.TableColumnLineage:
    """Give the columns upstream that each column of a table is made of."""
    if isinstance(table, Mart):
        return _mart_lineage(table)
    return dg.TableColumnLineage(
        {name: _sources(table, name) for name in table.schema.names if _sources(table, name)}
    )


def _mart_lineage(mart: Mart) -> dg.TableColumnLineage:
    # It takes a quarter of a second to import: only a run that builds marts waits for it.
    from tg_pipeline.marts.lineage import column_origins  # noqa: PLC0415

    return dg.TableColumnLineage(
        {
            name: [dg.TableColumnDep(dg.AssetKey(table), column) for table, column in origins]
            for name, origins in column_origins(mart).items()
            if origins
        }
    )


def _table_column(field: pa.Field) -> dg.TableColumn:
    return dg.TableColumn(
        name=field.name,
        type=str(field.type),
        description=field.metadata[b"description"].decode(),
        constraints=dg.TableColumnConstraints(nullable=field.nullable),
    )


def _sources(table: Table, name: str) -> list[dg.TableColumnDep]:
    if table is DEDUPED_UPDATES:
        return [_dep(RAW_UPDATES, name)]
    if table is ENRICHED_UPDATES:
        return [_dep(DEDUPED_UPDATES, name if name in CARRIED else "payload")]
    return []


def _dep(layer: Layer, name: str) -> dg.TableColumnDep:
    return dg.TableColumnDep(asset_key=dg.AssetKey(layer.name), column_name=name)
