"""The statements that make the tables, which Athena runs as they stand, one at a time.

https://docs.aws.amazon.com/athena/latest/ug/create-table.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tg_pipeline.athena.tables import TableInput


def statements(database: str, tables: Iterable[TableInput]) -> Iterator[str]:
    """Give the statements that make the database and the tables where there are none yet."""
    yield f"CREATE DATABASE IF NOT EXISTS {_name(database)};\n"
    for table in tables:
        yield create_table(database, table)


def create_table(database: str, table: TableInput) -> str:
    """Give the statement that makes a table where there is none of its name."""
    storage, days = table["StorageDescriptor"], table["PartitionKeys"]
    clauses = [
        f"CREATE EXTERNAL TABLE IF NOT EXISTS {_name(database)}.{_name(table['Name'])} (",
        _columns(storage["Columns"]),
        ")",
        f"COMMENT {_text(table['Description'])}",
        *([f"PARTITIONED BY (\n{_columns(days)}\n)"] if days else []),
        "STORED AS PARQUET",
        f"LOCATION {_text(storage['Location'])}",
        f"TBLPROPERTIES (\n{_properties(table['Parameters'])}\n);\n",
    ]
    return "\n".join(clauses)


def _columns(columns: Sequence[Mapping[str, str]]) -> str:
    lines = (f"  {_name(c['Name'])} {c['Type']} COMMENT {_text(c['Comment'])}" for c in columns)
    return ",\n".join(lines)


def _properties(parameters: Mapping[str, str]) -> str:
    return ",\n".join(f"  {_text(name)} = {_text(value)}" for name, value in parameters.items())


def _name(name: str) -> str:
    return f"`{name}`"


def _text(text: str) -> str:
    """Give a text as Hive's SQL writes it, where a backslash stands before a quote."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
