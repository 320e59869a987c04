"""The tables in the Glue catalog and in the statements are those declared."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
import sqlglot
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]
from sqlglot import exp

from tg_pipeline.athena.tables import (
    ATHENA_TABLES,
    MAX_COMMENT,
    PARTITIONS,
    AthenaColumn,
    NotForAthenaError,
    TableLocation,
    athena_columns,
    create_table,
    declared_tables,
    statements,
    table_input,
    template_lines,
)
from tg_pipeline.query.tables import TELEGRAM, QueryTable
from tg_pipeline.settings import Settings
from tg_pipeline_tests.query.conftest import UNDATED


@dataclass(frozen=True)
class ParsedTable:
    name: str
    columns: list[AthenaColumn]
    days: list[AthenaColumn]
    location: str
    description: str
    parameters: dict[str, str]
    file_format: str


def parse(statement: str) -> ParsedTable:
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


def test_the_lake_and_the_start_date_are_settings(tmp_path: Path) -> None:
    environment = {"TG_LAKE_URI": "s3://another", "TG_START_DATE": "2024-08-01"}

    telegram, *_ = declared_tables(Settings.from_environment(environment, tmp_path))

    assert telegram["StorageDescriptor"]["Location"] == "s3://another/enriched_updates/"
    assert telegram["Parameters"]["projection.context_date.range"] == "2024-08-01,NOW+1DAYS"


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
        days=PARTITIONS.get(table.grain, []),
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


ORIGINAL = "message_id user_id user_is_bot user_first_name chat_id chat_type text date".split()


def column(name: str, kind: pa.DataType, description: str = "What it is.") -> pa.Field:
    return pa.field(name, kind, metadata={"description": description})


def test_the_original_s_columns_come_first() -> None:
    names = ["update_id", *reversed(ORIGINAL), "caption"]

    told = athena_columns(pa.schema([column(name, pa.string()) for name in names]))

    assert [each.name for each in told] == [*ORIGINAL, "update_id", "caption"]


def test_a_type_without_a_counterpart_is_named_with_its_column() -> None:
    schema = pa.schema([column("price", pa.decimal128(9, 2))])

    with pytest.raises(NotForAthenaError, match=r"column price: .* Arrow's decimal128\(9, 2\)"):
        athena_columns(schema)


def test_a_description_that_is_too_long_for_the_catalog_is_an_error() -> None:
    fits, too_long = "x" * MAX_COMMENT, "x" * (MAX_COMMENT + 1)

    athena_columns(pa.schema([column("text", pa.string(), fits)]))
    with pytest.raises(NotForAthenaError, match="description of text is longer than 255"):
        athena_columns(pa.schema([column("text", pa.string(), too_long)]))


def test_a_description_is_converted_to_ascii() -> None:
    schema = pa.schema([column("text", pa.string(), "Polls, queries, ….")])

    assert athena_columns(schema) == [AthenaColumn("text", "string", "Polls, queries, ....")]


def test_the_printed_lines_are_a_yaml_list_of_the_columns() -> None:
    schema = pa.schema([column("text", pa.string(), 'The "text": as it is.')])

    assert yaml_parse("\n".join(template_lines(schema))) == [
        {"Name": "text", "Type": "string", "Comment": 'The "text": as it is.'}
    ]
