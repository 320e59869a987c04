"""The columns of a layer as Athena knows them.

Run as a module, it prints the lines that `lambda_ingest/template.yaml` gives its table. The types
are Hive's: https://docs.aws.amazon.com/athena/latest/ug/data-types.html
"""

import json
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

import pyarrow as pa

from tg_pipeline.layers.enriched_columns import ENRICHED_UPDATES
from tg_pipeline.layers.schema import TIMESTAMP

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
