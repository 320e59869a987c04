"""What a page is made of: sections with a finding, charts and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tg_pipeline.marts.report.cells import Cell


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column."""

    title: str
    is_number: bool = False
    is_unseen: bool = False
    """Said by a screen reader only: what is below needs no head."""


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers to read; folded where a chart shows them first."""

    name: str
    """The id of the element that can be scrolled."""
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A line of a legend: a class of the style, and what it stands for."""

    style: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its text alternative and its numbers."""

    name: str
    """The id of the element it is drawn in."""
    label: str
    """What a screen reader says in its stead."""
    spec: Mapping[str, Any]
    """Vega-Lite."""
    numbers: Table
    keys: Sequence[Key] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A question, the finding in words, and what it rests on."""

    name: str
    title: str
    finding: Cell
    details: Sequence[Cell] = ()
    """Further sentences."""
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    limits: Sequence[str] = ()
    """What the data can't know."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline figure, and how it changed."""

    title: str
    value: str
    change: str
    trend: str = ""
    """`up`, `down` or nothing: which arrow stands before the change."""
