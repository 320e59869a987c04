"""The queries of the marts in Spark's SQL, translated from DuckDB's by sqlglot."""

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import sqlglot
from sqlglot import exp

from tg_pipeline.layers.schema import SQL_TYPES

DUCKDB: Final = "duckdb"
SPARK: Final = "spark"


def in_spark_sql(query: str, parameters: Mapping[str, Any]) -> str:
    """Return a query in Spark's SQL, with its parameters as literals."""
    tree = sqlglot.parse_one(query, read=DUCKDB)
    return tree.transform(lambda node: _translated(node, parameters)).sql(SPARK)


def _translated(node: exp.Expression, parameters: Mapping[str, Any]) -> exp.Expression:
    if isinstance(node, (exp.Parameter, exp.Placeholder)):
        value = parameters[node.name]
        return exp.Literal.string(str(value))
    if isinstance(node, exp.DayOfWeekIso):
        # sqlglot counts from Sunday for Spark; its WEEKDAY is 0 on Mondays.
        return exp.Add(this=exp.func("WEEKDAY", node.this), expression=exp.Literal.number(1))
    if isinstance(node, exp.PercentileCont) and node.expression is not None:
        return exp.Anonymous(this="percentile", expressions=[node.this, node.expression])
    return node


def columns_used(query: str, schema: pa.Schema) -> list[str]:
    """Return those of the columns of a table that a query names."""
    named = {each.name for each in sqlglot.parse_one(query, read=DUCKDB).find_all(exp.Column)}
    return [name for name in schema.names if name in named]


def columns_ddl(schema: pa.Schema) -> str:
    """Return columns as Spark declares them."""
    return ", ".join(f"`{field.name}` {_sql_type(field.type)}" for field in schema)


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"array<{_sql_type(kind.value_type)}>"
    return SQL_TYPES[kind]
