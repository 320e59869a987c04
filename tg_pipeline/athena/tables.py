"""The statements that make the tables, which Athena runs as they stand, one at a time.

https://docs.aws.amazon.com/athena/latest/ug/create-table.html
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa

from tg_pipeline.exceptions import AthenaError
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import TIMESTAMP
from tg_pipeline.query.session import CONTEXT_DATE, MARTS, TELEGRAM, THE_DAY, QueryTable
from tg_pipeline.settings import Settings

FIRST: Final = "message_id user_id user_is_bot user_first_name chat_id chat_type text date".split()
"""The columns of the original table `telegram`, in its order: queries written for it still run."""

MAX_COMMENT: Final = 255
"""Characters that the Glue catalog keeps of a column's comment."""

_TYPES: Final = {
    pa.int64(): "bigint",
    pa.int32(): "int",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.string(): "string",
    pa.binary(): "binary",
    pa.date32(): "date",
    TIMESTAMP: "timestamp",
}


class NotForAthenaError(ValueError):
    """A column can't be told to Athena; the message says which and why."""


class AthenaColumn(NamedTuple):
    """A column of an Athena table."""

    name: str
    type: str
    description: str


def athena_columns(schema: pa.Schema) -> list[AthenaColumn]:
    """Give the columns of a layer, the original's first; raises NotForAthenaError."""
    first = [name for name in FIRST if name in schema.names]
    others = [name for name in schema.names if name not in first]
    return [_column(schema.field(name)) for name in [*first, *others]]


def athena_type(arrow_type: pa.DataType) -> str:
    """Give the Hive type that reads what Parquet holds of an Arrow type."""
    if pa.types.is_list(arrow_type):
        return f"array<{athena_type(arrow_type.value_type)}>"
    if arrow_type not in _TYPES:
        raise NotForAthenaError(f"Athena has no type here for Arrow's {arrow_type}.")
    return _TYPES[arrow_type]


def template_lines(schema: pa.Schema) -> Iterator[str]:
    """Give the columns as items of a YAML list, one a line."""
    for column in athena_columns(schema):
        comment = json.dumps(column.description)
        yield f"- {{ Name: {column.name}, Type: {column.type}, Comment: {comment} }}"


def _column(field: pa.Field) -> AthenaColumn:
    # CloudFormation makes a question mark of what is not ASCII.
    description = field.metadata[b"description"].decode().replace("…", "...")
    if len(description) > MAX_COMMENT:
        raise NotForAthenaError(
            f"The description of {field.name} is longer than {MAX_COMMENT} characters."
        )
    try:
        return AthenaColumn(field.name, athena_type(field.type), description)
    except NotForAthenaError as error:
        raise NotForAthenaError(f"The column {field.name}: {error}") from None


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in template_lines(ENRICHED_UPDATES.schema))


TableInput = dict[str, Any]
"""https://docs.aws.amazon.com/glue/latest/webapi/API_TableInput.html"""

ATHENA_TABLES: Final = (TELEGRAM, *MARTS)

DAY: Final = AthenaColumn(CONTEXT_DATE, "date", THE_DAY)

PARQUET: Final = "org.apache.hadoop.hive.ql.io.parquet"
FORMAT: Final = {
    "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
    "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe"},
}


class Place(NamedTuple):
    """Where the tables lie, and since when."""

    lake_uri: str
    """An `s3://` URI."""

    first_day: str
    """The first day that is looked for, as YYYY-MM-DD."""


def table_input(table: QueryTable, place: Place) -> TableInput:
    """Give the table at its place; raises NotForAthenaError."""
    location = f"{place.lake_uri.rstrip('/')}/{table.folder}/"
    days = _projection(location, place.first_day) if table.has_days else {}
    return {
        "Name": table.name,
        "Description": table.description,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet", **days},
        "PartitionKeys": [_glue_column(DAY)] if table.has_days else [],
        "StorageDescriptor": {
            "Location": location,
            **FORMAT,
            "Columns": list(map(_glue_column, athena_columns(table.schema))),
        },
    }


def _projection(location: str, first_day: str) -> dict[str, str]:
    """Give what the days are computed from: up to tomorrow, since NOW is in UTC."""
    of_day = f"projection.{CONTEXT_DATE}"
    return {
        "projection.enabled": "true",
        f"{of_day}.type": "date",
        f"{of_day}.format": "yyyy-MM-dd",
        f"{of_day}.range": f"{first_day},NOW+1DAYS",
        f"{of_day}.interval": "1",
        f"{of_day}.interval.unit": "DAYS",
        "storage.location.template": f"{location}{CONTEXT_DATE}=${{{CONTEXT_DATE}}}",
    }


def _glue_column(column: AthenaColumn) -> dict[str, str]:
    return {"Name": column.name, "Type": column.type, "Comment": column.description}


def declared_tables(settings: Settings) -> list[TableInput]:
    """Give the tables as Glue takes them; raises AthenaError where Athena can't read the lake."""
    if not settings.lake_uri.startswith("s3://"):
        raise AthenaError(
            f"Athena reads S3, and TG_LAKE_URI is {settings.lake_uri}: set it to s3://bucket/prefix."
        )
    place = Place(settings.lake_uri, settings.start_date.isoformat())
    return [table_input(table, place) for table in ATHENA_TABLES]


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
