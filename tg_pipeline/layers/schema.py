"""A layer's columns, declared once as an annotated struct, and the Arrow schema made of it.

The Parquet metadata, the Dagster column schema and `docs/tables.md` all derive from the struct.
"""

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Final, Protocol, get_args, get_type_hints

import pyarrow as pa
from msgspec import Struct

TIMESTAMP: Final = pa.timestamp("us", tz="UTC")
"""Instants: microseconds in UTC, as fine as a disk's modification times are worth."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a column is in Arrow, and where its values come from."""

    type: pa.DataType
    description: str
    required: bool = False


class Table(Protocol):
    """What a layer and a mart have in common: a name, and columns with descriptions."""

    @property
    def name(self) -> str:
        """Give the name: of the asset, and of the folder in the lake."""

    @property
    def schema(self) -> pa.Schema:
        """Give the Arrow schema, with a description on the table and on each column."""


class Row(Struct, gc=False):
    """A row of a layer. Each field is `Annotated[python type, Column(...)]`, in column order."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A table of the lake: its name, what one row is, and its columns."""

    name: str
    description: str
    row: type[Row]

    @property
    def schema(self) -> pa.Schema:
        """Give the Arrow schema, with a description on the table and on each column."""
        return _schema(self)


def columns(row: type[Row]) -> dict[str, Column]:
    """Give the columns that a row struct declares, by name and in order."""
    hints = get_type_hints(row, include_extras=True)
    return {name: _column_of(hints[name]) for name in row.__struct_fields__}


def string(description: str) -> Column:
    """Declare a column of text."""
    return Column(pa.string(), description)


def int64(description: str) -> Column:
    """Declare a column of whole numbers: ids, counts, sizes, Unix seconds."""
    return Column(pa.int64(), description)


def boolean(description: str) -> Column:
    """Declare a column of true and false."""
    return Column(pa.bool_(), description)


def timestamp(description: str) -> Column:
    """Declare a column of instants; the struct holds microseconds since 1970 in UTC."""
    return Column(TIMESTAMP, description)


def strings(description: str) -> Column:
    """Declare a column of lists of text."""
    return Column(pa.list_(pa.string()), description)


def binary(description: str) -> Column:
    """Declare a column of bytes as they came."""
    return Column(pa.binary(), description)


def always(column: Column) -> Column:
    """Declare that a column is never null."""
    return Column(column.type, column.description, required=True)


@cache
def _schema(layer: Layer) -> pa.Schema:
    fields = [
        pa.field(name, column.type, not column.required, {"description": column.description})
        for name, column in columns(layer.row).items()
    ]
    return pa.schema(fields, metadata={"description": layer.description})


def _column_of(hint: Annotated[object, Column]) -> Column:
    return next(part for part in get_args(hint) if isinstance(part, Column))
