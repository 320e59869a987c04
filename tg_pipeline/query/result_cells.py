"""The cells of a query's rows, as a file format needs them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from duckdb.sqltypes import DuckDBPyType

from tg_pipeline.query.quoting import quoted


class ResultColumn(NamedTuple):
    """A column of a query's rows."""

    name: str
    type: DuckDBPyType


Cells: TypeAlias = Callable[[str, Sequence[ResultColumn]], str]
"""Returns a query for the rows of another one, with some of its cells changed."""


def select_cells(query: str, expressions: Sequence[str], names: Sequence[str]) -> str:
    """Return a query for the rows of `query`, with an expression and a name for each column.

    An expression knows its column, from 0, as `cell_name` returns it.
    """
    pairs = zip(expressions, names, strict=True)
    cells = ", ".join(f"{expression} AS {quoted(name)}" for expression, name in pairs)
    columns = ", ".join(map(cell_name, range(len(names))))
    return f"SELECT {cells} FROM (\n{query}\n) AS cells ({columns})"  # noqa: S608


def cell_name(number: int) -> str:
    """Return the name of a column in the expressions of `select_cells`."""
    return f"c{number}"
