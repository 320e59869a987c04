"""Rows for JSON, which has no numbers for what is not finite, such as 0.0 / 0.

https://www.rfc-editor.org/rfc/rfc8259#section-6
"""

from collections.abc import Sequence
from typing import Final

from tg_pipeline.query.result_cells import ResultColumn, cell_name, select_cells

INEXACT: Final = frozenset({"float", "double"})
"""The types whose values may not be finite."""


def finite_cells(query: str, columns: Sequence[ResultColumn]) -> str:
    """Return a query for the rows of `query`, with null for each number that is not finite.

    Those within lists and structures stay as they are.
    """
    if not any(column.type.id in INEXACT for column in columns):
        return query
    cells = [_cell(cell_name(number), column) for number, column in enumerate(columns)]
    return select_cells(query, cells, [column.name for column in columns])


def _cell(name: str, column: ResultColumn) -> str:
    is_inexact = column.type.id in INEXACT
    return f"CASE WHEN isfinite({name}) THEN {name} END" if is_inexact else name
