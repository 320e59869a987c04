"""The queries of the marts in Spark's SQL."""

import pyarrow as pa
import pytest
import sqlglot

from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline.marts.mart import Mart, MartParameters
from tg_pipeline.spark.dialect import columns_ddl, columns_used, in_spark_sql

PARAMETERS = MartParameters("America/Sao_Paulo", bot_usernames='{"7": "it\'s_bot"}')


@pytest.mark.parametrize("mart", DAILY_MARTS, ids=lambda mart: str(mart.name))
def test_a_query_has_no_parameter_left_and_is_valid_in_spark(mart: Mart) -> None:
    query = in_spark_sql(mart.sql, PARAMETERS.used_by(mart.sql))

    assert not list(sqlglot.parse_one(query, read="spark").find_all(sqlglot.exp.Placeholder))


def test_monday_is_the_first_weekday_as_in_duckdb() -> None:
    assert in_spark_sql("SELECT isodow(day) FROM days", {}) == "SELECT WEEKDAY(day) + 1 FROM days"


def test_percentiles_are_interpolated_as_in_duckdb() -> None:
    query = in_spark_sql("SELECT quantile_cont(ms, 0.95) FROM calls", {})

    assert query == "SELECT PERCENTILE(ms, 0.95) FROM calls"


def test_nulls_come_last_as_in_duckdb() -> None:
    assert in_spark_sql("FROM days ORDER BY day", {}).endswith("ORDER BY day NULLS LAST")


def test_a_parameter_becomes_a_text_with_its_quotes_escaped() -> None:
    query = in_spark_sql("SELECT $bot_usernames", {"bot_usernames": PARAMETERS.bot_usernames})

    literal = sqlglot.parse_one(query, read="spark").find(sqlglot.exp.Literal)
    assert literal is not None
    assert literal.name == PARAMETERS.bot_usernames


def test_only_the_columns_that_a_query_names_are_read() -> None:
    rule = DAILY_MARTS[0].conservation_rule
    assert rule

    assert columns_used(rule.input_rows, ENRICHED_UPDATES.schema) == ["is_written", "is_copy"]


def test_columns_are_declared_with_sparks_types() -> None:
    schema = pa.schema([("day", pa.date32()), ("at", pa.timestamp("us", "UTC"))])
    lists = pa.schema([("ids", pa.list_(pa.int64()))])

    assert columns_ddl(schema) == "`day` date, `at` timestamp"
    assert columns_ddl(lists) == "`ids` array<bigint>"
    assert columns_ddl(ENRICHED_UPDATES.schema).count("`") == 2 * len(ENRICHED_UPDATES.schema)
