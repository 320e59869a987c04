"""A table in the Glue catalog is the table's declaration, and its days are computed."""

import pytest

from tg_pipeline.athena.tables import (
    ATHENA_TABLES,
    DAY,
    FIRST,
    MAX_COMMENT,
    Place,
    athena_columns,
    create_table,
    statements,
    table_input,
)
from tg_pipeline.query.session import MARTS, TELEGRAM, QueryTable
from tg_pipeline_tests.athena.parsed_ddl import ParsedTable, parse
from tg_pipeline_tests.query.conftest import UNDATED

PLACE = Place("s3://my-bot/lake/", "2026-10-01")

each_table = pytest.mark.parametrize("table", ATHENA_TABLES, ids=lambda table: table.name)


def test_there_is_telegram_and_every_mart() -> None:
    assert [table.name for table in ATHENA_TABLES] == ["telegram", *(m.name for m in MARTS)]
    assert len(MARTS) > 10


def test_telegram_has_the_original_s_columns_first() -> None:
    declared = table_input(TELEGRAM, PLACE)

    assert [c["Name"] for c in declared["StorageDescriptor"]["Columns"]][: len(FIRST)] == FIRST


@each_table
def test_a_table_has_the_declared_columns_with_what_they_mean(table: QueryTable) -> None:
    declared = table_input(table, PLACE)["StorageDescriptor"]["Columns"]

    assert [(c["Name"], c["Type"], c["Comment"]) for c in declared] == athena_columns(table.schema)
    assert {c["Name"] for c in declared} == set(table.schema.names)
    assert all(0 < len(c["Comment"]) <= MAX_COMMENT for c in declared)


def test_a_table_lies_where_the_lake_has_it() -> None:
    declared = table_input(TELEGRAM, PLACE)

    assert declared["StorageDescriptor"]["Location"] == "s3://my-bot/lake/enriched_updates/"
    assert declared["Parameters"]["storage.location.template"] == (
        "s3://my-bot/lake/enriched_updates/context_date=${context_date}"
    )


def test_a_table_without_days_has_nothing_to_compute() -> None:
    declared = table_input(UNDATED, PLACE)

    assert declared["PartitionKeys"] == []
    assert declared["Parameters"] == {"classification": "parquet"}
    assert "PARTITIONED" not in create_table("db", declared)


@each_table
def test_the_printed_statement_says_all_of_it_in_athena_s_grammar(table: QueryTable) -> None:
    declared = table_input(table, PLACE)

    assert parse(create_table("db", declared)) == ParsedTable(
        name=f"`db`.`{table.name}`",
        columns=athena_columns(table.schema),
        days=[DAY] if table.has_days else [],
        location=declared["StorageDescriptor"]["Location"],
        description=table.description,
        parameters=declared["Parameters"],
        file_format="PARQUET",
    )


def test_the_database_is_made_before_its_tables() -> None:
    first, *others = statements("my_bot", [table_input(TELEGRAM, PLACE)])

    assert first == "CREATE DATABASE IF NOT EXISTS `my_bot`;\n"
    assert [other.splitlines()[0] for other in others] == [
        "CREATE EXTERNAL TABLE IF NOT EXISTS `my_bot`.`telegram` ("
    ]


@pytest.mark.parametrize("text", ["it's", "a\\b", "a; b", '"quoted"', "`x`", "á …"])
def test_any_text_comes_through_a_statement(text: str) -> None:
    declared = table_input(UNDATED, PLACE) | {"Description": text}

    assert parse(create_table("db", declared)).description == text
