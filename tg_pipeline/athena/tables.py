"""The lake's tables as Athena declares them: in the Glue catalog, and as CREATE statements.

https://docs.aws.amazon.com/athena/latest/ug/create-table.html
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa

from tg_pipeline.exceptions import AthenaError
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import SQL_TYPES
from tg_pipeline.marts.mart import TableGrain
from tg_pipeline.query.tables import (
    CONTEXT_DATE,
    MARTS,
    MONTH,
    TELEGRAM,
    THE_DAY,
    THE_MONTH,
    QueryTable,
)
from tg_pipeline.settings import Settings

ATHENA_TABLES: Final = (TELEGRAM, *MARTS)

FIRST: Final = "message_id user_id user_is_bot user_first_name chat_id chat_type text date".split()
"""The columns of the original table `telegram`, in its order, so that its queries still run."""

MAX_COMMENT: Final = 255
"""Characters that the Glue catalog keeps of a column's comment."""

PARQUET: Final = "org.apache.hadoop.hive.ql.io.parquet"
FORMAT: Final = {
    "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
    "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe"},
}

TableInput = dict[str, Any]
"""https://docs.aws.amazon.com/glue/latest/webapi/API_TableInput.html"""


# Columns


class NotForAthenaError(ValueError):
    """A column can't be declared in Athena; the message names the column and the reason."""


class AthenaColumn(NamedTuple):
    """A column of an Athena table."""

    name: str
    type: str
    description: str


DAY: Final = AthenaColumn(CONTEXT_DATE, "date", THE_DAY)
PARTITIONS: Final = {
    TableGrain.DAY: [DAY],
    TableGrain.MONTH: [AthenaColumn(MONTH, "string", THE_MONTH)],
}


def athena_columns(schema: pa.Schema) -> list[AthenaColumn]:
    """Return the columns of a table, the original's first; raises NotForAthenaError."""
    first = [name for name in FIRST if name in schema.names]
    others = [name for name in schema.names if name not in first]
    return [_athena_column(schema.field(name)) for name in [*first, *others]]


def _athena_column(field: pa.Field) -> AthenaColumn:
    # CloudFormation replaces characters that are not ASCII with question marks.
    description = field.metadata[b"description"].decode().replace("…", "...")
    if len(description) > MAX_COMMENT:
        raise NotForAthenaError(
            f"The description of {field.name} is longer than {MAX_COMMENT} characters."
        )
    try:
        return AthenaColumn(field.name, athena_type(field.type), description)
    except NotForAthenaError as error:
        raise NotForAthenaError(f"The column {field.name}: {error}") from None


def athena_type(arrow_type: pa.DataType) -> str:
    """Return the Hive type that reads the Parquet values of an Arrow type."""
    if pa.types.is_list(arrow_type):
        return f"array<{athena_type(arrow_type.value_type)}>"
    if arrow_type not in SQL_TYPES:
        raise NotForAthenaError(f"There is no Athena type for Arrow's {arrow_type}.")
    return SQL_TYPES[arrow_type]


def template_lines(schema: pa.Schema) -> Iterator[str]:
    """Yield the columns as items of a YAML list, one per line, for the CloudFormation template."""
    for column in athena_columns(schema):
        comment = json.dumps(column.description)
        yield f"- {{ Name: {column.name}, Type: {column.type}, Comment: {comment} }}"


# Tables in the Glue catalog


class TableLocation(NamedTuple):
    """Where the tables are stored, and their first day."""

    lake_uri: str
    """An `s3://` URI."""

    first_day: str
    """The first day that Athena looks for, as YYYY-MM-DD."""


def declared_tables(settings: Settings) -> list[TableInput]:
    """Return all tables as Glue takes them; raises AthenaError if Athena can't read the lake."""
    if not settings.lake_uri.startswith("s3://"):
        raise AthenaError(
            f"Athena reads S3, and TG_LAKE_URI is {settings.lake_uri}: set it to s3://bucket/prefix."
        )
    location = TableLocation(settings.lake_uri, settings.start_date.isoformat())
    return [table_input(table, location) for table in ATHENA_TABLES]


def table_input(table: QueryTable, where: TableLocation) -> TableInput:
    """Return a table as Glue takes it; raises NotForAthenaError."""
    location = f"{where.lake_uri.rstrip('/')}/{table.folder}/"
    partitions = PARTITIONS.get(table.grain, [])
    projection = _projection(table.grain, location, where.first_day) if partitions else {}
    return {
        "Name": table.name,
        "Description": table.description,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet", **projection},
        "PartitionKeys": list(map(_glue_column, partitions)),
        "StorageDescriptor": {
            "Location": location,
            **FORMAT,
            "Columns": list(map(_glue_column, athena_columns(table.schema))),
        },
    }


def _projection(grain: TableGrain, location: str, first_day: str) -> dict[str, str]:
    """Return the parameters that compute the partitions, up to tomorrow, since NOW is in UTC.

    A message may have been sent before the first day: its month is in the data if it was edited
    since, and Athena does not see it. https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
    """
    is_daily = grain is TableGrain.DAY
    (column,) = PARTITIONS[grain]
    of_it = f"projection.{column.name}"
    first = first_day if is_daily else first_day[: len("YYYY-MM")]
    return {
        "projection.enabled": "true",
        f"{of_it}.type": "date",
        f"{of_it}.format": "yyyy-MM-dd" if is_daily else "yyyy-MM",
        f"{of_it}.range": f"{first},NOW+1DAYS",
        f"{of_it}.interval": "1",
        f"{of_it}.interval.unit": "DAYS" if is_daily else "MONTHS",
        "storage.location.template": f"{location}{column.name}=${{{column.name}}}",
    }


def _glue_column(column: AthenaColumn) -> dict[str, str]:
    return {"Name": column.name, "Type": column.type, "Comment": column.description}


# CREATE statements, which Athena runs one at a time


def statements(database: str, tables: Iterable[TableInput]) -> Iterator[str]:
    """Yield the statements that create the database and the tables, unless they exist."""
    yield f"CREATE DATABASE IF NOT EXISTS {_quoted_name(database)};\n"
    for table in tables:
        yield create_table(database, table)


def create_table(database: str, table: TableInput) -> str:
    """Return the statement that creates a table, unless it exists."""
    storage, days = table["StorageDescriptor"], table["PartitionKeys"]
    name = f"{_quoted_name(database)}.{_quoted_name(table['Name'])}"
    clauses = [
        f"CREATE EXTERNAL TABLE IF NOT EXISTS {name} (",
        _column_lines(storage["Columns"]),
        ")",
        f"COMMENT {_quoted_text(table['Description'])}",
        *([f"PARTITIONED BY (\n{_column_lines(days)}\n)"] if days else []),
        "STORED AS PARQUET",
        f"LOCATION {_quoted_text(storage['Location'])}",
        f"TBLPROPERTIES (\n{_property_lines(table['Parameters'])}\n);\n",
    ]
    return "\n".join(clauses)


def _column_lines(columns: Sequence[Mapping[str, str]]) -> str:
    return ",\n".join(
        f"  {_quoted_name(each['Name'])} {each['Type']} COMMENT {_quoted_text(each['Comment'])}"
        for each in columns
    )


def _property_lines(parameters: Mapping[str, str]) -> str:
    return ",\n".join(
        f"  {_quoted_text(name)} = {_quoted_text(value)}" for name, value in parameters.items()
    )


def _quoted_name(name: str) -> str:
    return f"`{name}`"


def _quoted_text(text: str) -> str:
    """Return a string literal of Hive's SQL, in which a backslash escapes a quote."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in template_lines(ENRICHED_UPDATES.schema))
