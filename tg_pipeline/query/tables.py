"""The tables as queries see them: layers, marts, and the original's table `telegram`."""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from lambda_ingest.landing import REJECTED_PREFIX
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.mart import TableGrain, grain_of
from tg_pipeline.query.rejected import SCHEMA

CONTEXT_DATE: Final = "context_date"
"""The column with a partition's day, which is in the name of the folder, not in the file."""

THE_DAY: Final = "The local day it happened."

MONTH: Final = "month"
"""The column with a partition's month, as YYYY-MM; also in the name of the folder only."""

THE_MONTH: Final = "The local month in which the message was sent, as YYYY-MM."

PARTITION_COLUMNS: Final = {
    TableGrain.DAY: {CONTEXT_DATE: THE_DAY},
    TableGrain.MONTH: {MONTH: THE_MONTH},
    TableGrain.WHOLE: {},
}
"""The columns that are in the names of a table's folders, with their descriptions."""


@dataclass(frozen=True, slots=True)
class QueryTable:
    """A table as queries see it."""

    name: str
    description: str
    schema: pa.Schema
    """The columns of its files, each with a description."""

    folder: str
    """Its folder in the lake."""

    grain: TableGrain
    """What it has a partition for."""

    @classmethod
    def of(cls, table: Table) -> "QueryTable":
        """Build it from the declaration of a layer or a mart."""
        description = table.schema.metadata[b"description"].decode()
        return cls(table.name, description, table.schema, table.name, grain_of(table))


TELEGRAM: Final = QueryTable(
    name="telegram",
    description="One row per update of every type, flat and typed.",
    schema=ENRICHED_UPDATES.schema,
    folder=ENRICHED_UPDATES.name,
    grain=TableGrain.DAY,
)
"""enriched_updates under the name of the original course project's table."""

LAYERS: Final = tuple(map(QueryTable.of, ALL_LAYERS))
MARTS: Final = tuple(map(QueryTable.of, ALL_MARTS))
ALL_TABLES: Final = (*LAYERS, TELEGRAM, *MARTS)

REJECTED: Final = QueryTable(
    name="rejected",
    description="One row per body that could not be landed as an update, with the reason.",
    schema=SCHEMA,
    folder=REJECTED_PREFIX,
    grain=TableGrain.DAY,
)
"""The rejected bodies, which are objects of the landing zone: they are read by each statement that
names the table, and by no other."""
