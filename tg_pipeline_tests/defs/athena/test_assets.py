"""Athena's tables as an asset: it follows the tables that it registers, if that is set."""

import dagster as dg

from tg_pipeline.athena.tables import ATHENA_TABLES
from tg_pipeline.defs.athena.assets import definitions
from tg_pipeline.defs.automation import FOLLOW_INPUTS


def test_it_follows_all_tables_that_it_registers() -> None:
    graph = definitions(registers=True).resolve_asset_graph()

    node = graph.get(dg.AssetKey("athena_tables"))

    assert {key.path[-1] for key in node.parent_keys} == {table.folder for table in ATHENA_TABLES}
    assert node.automation_condition == FOLLOW_INPUTS


def test_nothing_is_defined_unless_it_is_set() -> None:
    assert not definitions(registers=False).assets
    assert not definitions(registers=False).jobs
