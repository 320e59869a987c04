"""A day of enriched_updates: the deduped rows, flat."""

from dataclasses import dataclass
from datetime import date

import pyarrow.compute as pc

from tg_pipeline.builds.source import SOURCE
from tg_pipeline.lake.lake import Lake, Written
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched_columns import ENRICHED_UPDATES
from tg_pipeline.layers.enriched_updates import enrich


@dataclass(frozen=True, slots=True)
class EnrichedDay:
    """What a build of a day's enriched_updates found and left."""

    enriched: Written
    deduped_rows: int
    """Rows of the day's deduped_updates."""
    fields_nulled: int
    """Fields whose value could not be read."""


def build_enriched_day(lake: Lake, day: date) -> EnrichedDay:
    """Write a day's enriched_updates from its deduped_updates."""
    nulled = 0
    with (
        lake.open(DEDUPED_UPDATES.name, day) as deduped,
        lake.writer(ENRICHED_UPDATES.name, day, ENRICHED_UPDATES.schema) as output,
    ):
        for batch in deduped.batches(
            ["update_type", "received_at", "bot_id", "update_id", "payload"]
        ):
            rows = enrich(batch)
            nulled += pc.sum(rows["fields_nulled"]).as_py() or 0
            output.write(rows)
        source = deduped.metadata.get(SOURCE, "")
        return EnrichedDay(output.commit(**{SOURCE: source}), deduped.rows, nulled)
