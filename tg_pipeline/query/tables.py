"""What can be asked: every layer, the original's table `telegram`, and every mart."""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from tg_pipeline.layers.catalog import ALL_LAYERS
from tg_pipeline.layers.enriched_columns import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.mart import is_daily

CONTEXT_DATE: Final = "context_date"
"""The column that tells a partition's day; it stands in the folder's name, not in the file."""

THE_DAY: Final = "The local day it happened."


@dataclass(frozen=True, slots=True)
class QueryTable:
    """A table of the lake as it is asked for."""

    name: str
    description: str
    schema: pa.Schema
    """The columns of its files, each with a description."""

    folder: str
    """Where it lies in the lake."""

    has_days: bool
    """Whether it has a partition a day, or is one object."""

    @classmethod
    def of(cls, table: Table) -> "QueryTable":
        """Give a layer or a mart, from its declaration."""
        description = table.schema.metadata[b"description"].decode()
        return cls(table.name, description, table.schema, table.name, is_daily(table))


TELEGRAM: Final = QueryTable(
    name="telegram",
    description="One row per update of every type, flat and typed.",
    schema=ENRICHED_UPDATES.schema,
    folder=ENRICHED_UPDATES.name,
    has_days=True,
)
"""The original's table, under its name: the rows of enriched_updates."""

LAYERS: Final = tuple(map(QueryTable.of, ALL_LAYERS))
MARTS: Final = tuple(map(QueryTable.of, ALL_MARTS))
ALL_TABLES: Final = (*LAYERS, TELEGRAM, *MARTS)
