"""Transforms landing → raw_updates → deduped_updates → enriched_updates, on Arrow batches.

No Dagster, no store, no clock, no environment.
"""

from typing import Final

from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES

ALL_LAYERS: Final = (RAW_UPDATES, QUARANTINE, DEDUPED_UPDATES, ENRICHED_UPDATES)
