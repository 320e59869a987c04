"""A table as the Glue catalog takes it, made of the table's one declaration.

Its days are computed (partition projection), so that a new one needs no MSCK REPAIR TABLE:
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
"""

from typing import Any, Final, NamedTuple

from tg_pipeline.layers.athena_types import AthenaColumn, athena_columns
from tg_pipeline.query.tables import CONTEXT_DATE, MARTS, TELEGRAM, THE_DAY, QueryTable

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
