"""A CREATE EXTERNAL TABLE statement as Athena's grammar reads it."""

from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from tg_pipeline.athena.tables import AthenaColumn


@dataclass(frozen=True)
class ParsedTable:
    """What a statement says of a table."""

    name: str
    columns: list[AthenaColumn]
    days: list[AthenaColumn]
    location: str
    description: str
    parameters: dict[str, str]
    file_format: str


def parse(statement: str) -> ParsedTable:
    """Read a statement that ends with a semicolon."""
    found = sqlglot.parse_one(statement, read="athena")
    assert isinstance(found, exp.Create)
    days = [_column(each) for each in _definitions(found.find(exp.PartitionedByProperty))]
    return ParsedTable(
        name=found.this.this.sql("hive"),
        columns=[each for each in map(_column, _definitions(found.this)) if each not in days],
        days=days,
        location=_only(found, exp.LocationProperty).this.name,
        description=_only(found, exp.SchemaCommentProperty).this.name,
        parameters={
            each.name: each.args["value"].name
            for each in found.find_all(exp.Property)
            if type(each) is exp.Property
        },
        file_format=_only(found, exp.FileFormatProperty).this.name,
    )


def _definitions(part: exp.Expr | None) -> list[exp.ColumnDef]:
    return list(part.find_all(exp.ColumnDef)) if part else []


def _column(column: exp.ColumnDef) -> AthenaColumn:
    comment = _only(column, exp.CommentColumnConstraint).this.name
    return AthenaColumn(column.name, column.args["kind"].sql("hive").lower(), comment)


def _only(part: exp.Expr, kind: type[exp.Expr]) -> exp.Expr:
    (found,) = part.find_all(kind)
    return found
