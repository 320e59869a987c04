"""A layer's columns are declared once: Parquet and Dagster have the declared schema."""

import pyarrow.parquet as pq
import pytest

from tg_pipeline.defs.metadata import column_lineage, table_schema
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Layer
from tg_pipeline_tests.conftest import DAY, Pipeline


def test_the_parquet_files_carry_the_declared_schemas(pipeline: Pipeline) -> None:
    pipeline.land({"update_id": 1})
    pipeline.build()

    for layer in ALL_LAYERS:
        folder = pipeline.folder / "lake" / layer.name / f"context_date={DAY}"
        stored = pq.read_schema(folder / "part-0.parquet")
        assert stored.remove_metadata().equals(layer.schema.remove_metadata())
        for field in layer.schema:
            kept = stored.field(field.name).metadata
            assert kept[b"description"] == field.metadata[b"description"]


@pytest.mark.parametrize("layer", ALL_LAYERS, ids=lambda layer: layer.name)
def test_every_column_has_a_description_that_dagster_shows(layer: Layer) -> None:
    shown = {column.name: column for column in table_schema(layer).columns}

    assert list(shown) == layer.schema.names
    for field in layer.schema:
        description = field.metadata[b"description"].decode()
        assert shown[field.name].description == description
        assert description.endswith((".", "…"))


def test_every_enriched_and_deduped_column_has_a_source_that_exists() -> None:
    for layer in (DEDUPED_UPDATES, ENRICHED_UPDATES):
        sources = column_lineage(layer).deps_by_column
        assert set(sources) == set(layer.schema.names)
        upstream = {each.name: each.schema.names for each in ALL_LAYERS}
        for deps in sources.values():
            for dep in deps:
                assert dep.column_name in upstream[dep.asset_key.path[-1]]
