"""A layer's columns, declared once as an annotated struct, and the Arrow schema derived from it.

The Parquet metadata, the Dagster column schema and `docs/tables.md` all derive from the struct.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Flag, auto
from functools import cache
from typing import Annotated, Final, Protocol, get_args, get_type_hints

import pyarrow as pa
from msgspec import Struct

TIMESTAMP: Final = pa.timestamp("us", tz="UTC")
"""The type of instants: microseconds in UTC."""

SQL_TYPES: Final = {
    pa.int64(): "bigint",
    pa.int32(): "int",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.string(): "string",
    pa.binary(): "binary",
    pa.date32(): "date",
    TIMESTAMP: "timestamp",
}
"""The names of the types of values in Hive's SQL, which Athena and Spark speak."""


class Role(Flag):
    """What a column says about people; a column may have several roles."""

    PLAIN = 0
    """Nothing by itself: counts, times, kinds, ids of bots and messages."""
    ACCOUNT = auto()
    """Ids of accounts or chats: a private chat has the id of the person."""
    NAME = auto()
    """Names of accounts."""
    USERNAME = auto()
    """Usernames of accounts."""
    CONNECTION = auto()
    """Ids of connections to somebody's business account."""
    CHAT_NAME = auto()
    """Titles and usernames of chats: those of a private chat are a person's."""
    WRITTEN = auto()
    """What somebody wrote, or a part of it."""


_IMPERSONAL: Final = (pa.types.is_temporal, pa.types.is_floating, pa.types.is_boolean)
"""The types of values that identify nobody."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's Arrow type, and a description of its values."""

    type: pa.DataType
    description: str
    required: bool = False
    role: Role | None = None
    """None if it is not declared."""

    @property
    def is_personal(self) -> bool:
        """Whether its values may be somebody's id, name or words.

        Without a declared role, times, fractions and booleans are not; all else may be.
        """
        if self.role is None:
            return not any(is_type(self.type) for is_type in _IMPERSONAL)
        return self.role is not Role.PLAIN


class Table(Protocol):
    """What a layer and a mart have in common: a name, columns and their schema."""

    @property
    def name(self) -> str:
        """The name of the asset, and of the folder in the lake."""

    @property
    def columns(self) -> Mapping[str, Column]:
        """The columns, by name and in order."""

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, with a description of the table and of each column."""


class Row(Struct, gc=False):
    """A row of a layer, whose fields are the columns in their order.

    Each is `Annotated[python type, Column(...)]`, with its Role as a third part if it is declared.
    """


@dataclass(frozen=True, slots=True)
class Layer:
    """A table of the lake: its name, a description of its rows, and its columns."""

    name: str
    description: str
    row: type[Row]

    @property
    def columns(self) -> Mapping[str, Column]:
        """The columns that the row declares, by name and in order."""
        return _columns(self.row)

    def columns_with(self, role: Role) -> list[str]:
        """Return the names of the columns that have a role, in their order."""
        return _columns_with(self.row, role)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, with a description of the table and of each column."""
        return _schema(self)


@cache
def _columns(row: type[Row]) -> Mapping[str, Column]:
    """Return the columns that a row struct declares, by name and in order."""
    hints = get_type_hints(row, include_extras=True)
    return {name: _column_of(hints[name]) for name in row.__struct_fields__}


@cache
def _columns_with(row: type[Row], role: Role) -> list[str]:
    columns = _columns(row).items()
    return [name for name, column in columns if column.role and role in column.role]


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
    return replace(column, required=True)


def plain(column: Column) -> Column:
    """Declare that a column says nothing about people by itself."""
    return replace(column, role=Role.PLAIN)


def personal(role: Role, column: Column) -> Column:
    """Declare what a column says about people."""
    return replace(column, role=role)


@cache
def _schema(layer: Layer) -> pa.Schema:
    fields = [
        pa.field(name, column.type, not column.required, {"description": column.description})
        for name, column in layer.columns.items()
    ]
    return pa.schema(fields, metadata={"description": layer.description})


def _column_of(hint: Annotated[object, Column]) -> Column:
    parts = get_args(hint)
    column = next(part for part in parts if isinstance(part, Column))
    role = next((part for part in parts if isinstance(part, Role)), None)
    return replace(column, role=role)
