"""Rows for spreadsheets: cells that one would calculate as formulas are marked as text.

Names and texts come from strangers, and a formula can send the other cells to them:
https://owasp.org/www-community/attacks/CSV_Injection
"""

import re
from collections.abc import Sequence
from typing import Final

from duckdb.sqltypes import DuckDBPyType

from tg_pipeline.query.quoting import literal
from tg_pipeline.query.result_cells import ResultColumn, cell_name, select_cells

MARKED: Final = r"'\1"
"""What replaces the beginning of a formula: a spreadsheet takes such a cell for text."""

FORMULA: Final = r"^([=+\-@\t\r\n＝＋－＠])"  # noqa: RUF001 - the wide forms are meant
"""The beginning of a cell that a spreadsheet may take for a formula.

In Japanese and Chinese locales, the wide forms of the characters count as well.
"""

NUMBERS: Final = frozenset(
    {
        *("tinyint", "smallint", "integer", "bigint", "hugeint"),
        *("utinyint", "usmallint", "uinteger", "ubigint", "uhugeint"),
        *("float", "double", "decimal", "bignum"),
    }
)
"""The types whose cells stay as they are: a negative number begins like a formula, but is none."""


def as_cells(query: str, columns: Sequence[ResultColumn]) -> str:
    """Return a query for the rows of `query`, with a mark before each cell like a formula."""
    cells = [_cell(cell_name(number), column.type) for number, column in enumerate(columns)]
    return select_cells(query, cells, [marked(column.name) for column in columns])


def _cell(name: str, kind: DuckDBPyType) -> str:
    if kind.id in NUMBERS:
        return name
    text = f"CAST({name} AS VARCHAR)"
    return f"regexp_replace({text}, {literal(FORMULA)}, {literal(MARKED)})"


def marked(text: str) -> str:
    """Return a text with a mark before it if it is like a formula."""
    return re.sub(FORMULA, MARKED, text)
