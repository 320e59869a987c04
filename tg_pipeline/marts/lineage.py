"""Which columns each column of a mart is made of, read from its SQL."""

from functools import cache
from typing import Final

from sqlglot import exp
from sqlglot.lineage import Node, lineage

from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.mart import Mart, is_daily

CONTEXT_DATE: Final = "context_date"
"""The column that the folders of a table with a partition a day tell."""

Origin = tuple[str, str]
"""A table and a column of it."""


@cache
def column_origins(mart: Mart) -> dict[str, list[Origin]]:
    """Give, for each column that the query makes, the sources' columns that it is made of.

    Columns that count rows are made of none; those that only a step knows are left out.
    """
    found = {table.name: _columns(table) for table in mart.sources}
    made = lineage(
        None,
        mart.sql,
        # The types do not matter here.
        schema={name: dict.fromkeys(columns, "text") for name, columns in found.items()},
        dialect="duckdb",
        # Both are for looking at one column; all at once is a hundred times faster without.
        trim_selects=False,
        copy=False,
    )
    known = {(table, column) for table, columns in found.items() for column in columns}
    return {
        name: sorted(known.intersection(map(_origin, node.walk())))
        for name, node in made.items()
        if name in mart.columns
    }


def _columns(table: Table) -> list[str]:
    """Give the columns that a query finds."""
    return [*table.schema.names, CONTEXT_DATE] if is_daily(table) else table.schema.names


def _origin(node: Node) -> Origin:
    table = node.source.name if isinstance(node.source, exp.Table) else ""
    return table, node.name.rpartition(".")[-1]
