"""Column lineage: the source columns of each column of a mart, parsed from its SQL."""

from functools import cache
from typing import Final

from sqlglot import exp
from sqlglot.lineage import Node, lineage

from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.mart import Mart, is_daily

CONTEXT_DATE: Final = "context_date"
"""The partition column: it is in the names of the folders, not in the files."""

Origin = tuple[str, str]
"""The names of a table and of one of its columns."""


@cache
def column_origins(mart: Mart) -> dict[str, list[Origin]]:
    """Return the source columns of each column of the query's result.

    A column that counts rows has none. Columns added by `post_process` are left out.
    """
    columns = {table.name: _columns(table) for table in mart.sources}
    nodes = lineage(
        None,
        mart.sql,
        # The types do not matter here.
        schema={table: dict.fromkeys(names, "text") for table, names in columns.items()},
        dialect="duckdb",
        # Both help with a single column only; with all columns they take a hundred times longer.
        trim_selects=False,
        copy=False,
    )
    known = {(table, name) for table, names in columns.items() for name in names}
    partials = {
        (table.name, name): origins
        for table in mart.sources
        if isinstance(table, Mart) and table.is_partial
        for name, origins in column_origins(table).items()
    }
    return {
        name: sorted(
            {
                origin
                for found in known.intersection(map(_origin, node.walk()))
                for origin in partials.get(found, [found])
            }
        )
        for name, node in nodes.items()
        if name in mart.columns
    }


def _columns(table: Table) -> list[str]:
    """Return the names of the columns that a query can use."""
    return [*table.schema.names, CONTEXT_DATE] if is_daily(table) else table.schema.names


def _origin(node: Node) -> Origin:
    table = node.source.name if isinstance(node.source, exp.Table) else ""
    return table, node.name.rpartition(".")[-1]
