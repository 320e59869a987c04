"""What assets reach outside with: the landing zone, the lake, the clock."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import dagster as dg
from obstore.store import ObjectStore

from lambda_ingest.store import BATCH_TIMEOUT
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.lake.object_store import open_object_store
from tg_pipeline.lake.partitions import Lake

A_TICK: Final = timedelta(seconds=15)
"""How long a sensor's or a schedule's request is tried: Dagster gives its tick a minute in all.
https://docs.dagster.io/guides/automate/sensors
"""


class LandingResource(dg.ConfigurableResource[Any]):
    """The landing zone at `uri`; objects whose name tells no bot are those of `bot_id`."""

    uri: str
    bot_id: int = 0

    def store(self, patience: timedelta = BATCH_TIMEOUT) -> ObjectStore:
        """Open the store, whose requests are tried again for so long; raises StoreError."""
        return open_object_store(self.uri, patience)


class LakeResource(dg.ConfigurableResource[Any]):
    """The lake at `uri`."""

    uri: str

    def lake(self, patience: timedelta = BATCH_TIMEOUT) -> Lake:
        """Open the lake, whose requests are tried again for so long; raises StoreError."""
        return Lake(self.uri, patience)


class ClockResource(dg.ConfigurableResource[Any]):
    """The time, so that a test can stop it."""

    def now(self) -> datetime:
        """Give the present instant, aware, in UTC."""
        return datetime.now(UTC)


resources: dict[str, dg.ConfigurableResource[Any]] = {
    "landing": LandingResource(uri=SETTINGS.landing_uri, bot_id=SETTINGS.bot_id),
    "lake": LakeResource(uri=SETTINGS.lake_uri),
    "clock": ClockResource(),
}
