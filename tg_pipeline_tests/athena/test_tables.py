"""The tables in the Glue catalog and in the statements are those declared."""

from dataclasses import dataclass

import pytest
import sqlglot
from sqlglot import exp

from tg_pipeline.athena.tables import (
    ATHENA_TABLES,
    DAY,
    FIRST,
    MAX_COMMENT,
    AthenaColumn,
    TableLocation,
    athena_columns,
    create_table,
    statements,
    table_input,
)
from tg_pipeline.query.session import MARTS, TELEGRAM, QueryTable
from tg_pipeline_tests.query.conftest import UNDATED


@dataclass(frozen=True)
class ParsedTable:
    """The content of a CREATE EXTERNAL TABLE statement."""

    name: str
    columns: list[AthenaColumn]
    days: list[AthenaColumn]
    location: str
    description: str
    parameters: dict[str, str]
    file_format: str


def parse(statement: str) -> ParsedTable:
    """Parse a CREATE EXTERNAL TABLE statement by Athena's grammar."""
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


LOCATION = TableLocation("s3://my-bot/lake/", "2026-10-01")

each_table = pytest.mark.parametrize("table", ATHENA_TABLES, ids=lambda table: table.name)


def test_the_tables_are_telegram_and_every_mart() -> None:
    assert [table.name for table in ATHENA_TABLES] == ["telegram", *(m.name for m in MARTS)]
    assert len(MARTS) > 10


def test_the_columns_of_the_original_come_first() -> None:
    declared = table_input(TELEGRAM, LOCATION)

    assert [c["Name"] for c in declared["StorageDescriptor"]["Columns"]][: len(FIRST)] == FIRST


@each_table
def test_a_table_has_the_declared_columns_and_descriptions(table: QueryTable) -> None:
    declared = table_input(table, LOCATION)["StorageDescriptor"]["Columns"]

    assert [(c["Name"], c["Type"], c["Comment"]) for c in declared] == athena_columns(table.schema)
    assert {c["Name"] for c in declared} == set(table.schema.names)
    assert all(0 < len(c["Comment"]) <= MAX_COMMENT for c in declared)


def test_a_table_without_days_has_no_partition_projection() -> None:
    declared = table_input(UNDATED, LOCATION)

    assert declared["PartitionKeys"] == []
    assert declared["Parameters"] == {"classification": "parquet"}
    assert "PARTITIONED" not in create_table("db", declared)


@each_table
def test_the_create_statement_has_the_whole_declaration(table: QueryTable) -> None:
    declared = table_input(table, LOCATION)

    assert parse(create_table("db", declared)) == ParsedTable(
        name=f"`db`.`{table.name}`",
        columns=athena_columns(table.schema),
        days=[DAY] if table.has_days else [],
        location=declared["StorageDescriptor"]["Location"],
        description=table.description,
        parameters=declared["Parameters"],
        file_format="PARQUET",
    )


def test_the_database_is_created_before_its_tables() -> None:
    first, *others = statements("my_bot", [table_input(TELEGRAM, LOCATION)])

    assert first == "CREATE DATABASE IF NOT EXISTS `my_bot`;\n"
    assert [other.splitlines()[0] for other in others] == [
        "CREATE EXTERNAL TABLE IF NOT EXISTS `my_bot`.`telegram` ("
    ]


@pytest.mark.parametrize("text", ["it's", "a\\b", "a; b", '"quoted"', "`x`", "á …"])
def test_any_description_is_quoted_correctly(text: str) -> None:
    declared = table_input(UNDATED, LOCATION) | {"Description": text}

    assert parse(create_table("db", declared)).description == text
