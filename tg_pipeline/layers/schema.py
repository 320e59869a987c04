"""A layer's columns, declared once as an annotated struct, and the Arrow schema derived from it.

The Parquet metadata, the Dagster column schema and `docs/tables.md` all derive from the struct.
"""

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Final, Protocol, get_args, get_type_hints

import pyarrow as pa
from msgspec import Struct

TIMESTAMP: Final = pa.timestamp("us", tz="UTC")
"""The type of instants: microseconds in UTC."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's Arrow type, and a description of its values."""

    type: pa.DataType
    description: str
    required: bool = False


class Table(Protocol):
    """What a layer and a mart have in common: a name and a schema."""

    @property
    def name(self) -> str:
        """The name of the asset, and of the folder in the lake."""

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, with a description of the table and of each column."""


class Row(Struct, gc=False):
    """A row of a layer. Each field is `Annotated[python type, Column(...)]`, in column order."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A table of the lake: its name, a description of its rows, and its columns."""

    name: str
    description: str
    row: type[Row]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, with a description of the table and of each column."""
        return _schema(self)


def columns(row: type[Row]) -> dict[str, Column]:
    """Return the columns that a row struct declares, by name and in order."""
    hints = get_type_hints(row, include_extras=True)
    return {name: _column_of(hints[name]) for name in row.__struct_fields__}


def string(description: str) -> Column:
    """Declare a column of text."""
    return Column(pa.string(), description)


def int64(description: str) -> Column:
    """Declare a column of whole numbers: ids, counts, sizes, Unix seconds."""
    return Column(pa.int64(), description)


def boolean(description: str) -> Column:
    """Declare a column of booleans."""
    return Column(pa.bool_(), description)


def timestamp(description: str) -> Column:
    """Declare a column of instants; the struct holds microseconds since 1970-01-01 UTC."""
    return Column(TIMESTAMP, description)


def strings(description: str) -> Column:
    """Declare a column of lists of text."""
    return Column(pa.list_(pa.string()), description)


def int64s(description: str) -> Column:
    """Declare a column of lists of whole numbers, such as ids."""
    return Column(pa.list_(pa.int64()), description)


def binary(description: str) -> Column:
    """Declare a column of bytes."""
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
