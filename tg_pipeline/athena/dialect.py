"""A query in DuckDB's SQL and in Athena's, which is Trino's."""

from collections.abc import Mapping
from typing import Final

import sqlglot
from sqlglot import exp

ZONE: Final = "timezone"
"""The parameter that queries have for the time zone; Athena has no named ones."""


def to_duckdb(athena_sql: str) -> str:
    """Give a query of Athena's in DuckDB's SQL."""
    return sqlglot.parse_one(athena_sql, read="athena").sql("duckdb", pretty=True)


def to_athena(duckdb_sql: str, zone: str, tables: Mapping[str, str]) -> str:
    """Give a query of DuckDB's in Athena's SQL, its clocks in `zone`, with `tables` renamed."""
    query = sqlglot.parse_one(duckdb_sql, read="duckdb")
    for parameter in list(query.find_all(exp.Parameter, exp.Placeholder)):
        if parameter.name == ZONE:
            parameter.replace(exp.Literal.string(zone))
    for table in list(query.find_all(exp.Table)):
        if table.name in tables:
            table.replace(exp.table_(tables[table.name], alias=table.alias or table.name))
    return query.sql("athena", pretty=True)
