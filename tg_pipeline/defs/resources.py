"""Resources of the assets and sensors: the landing zone, the lake, the clock."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import dagster as dg
from obstore.store import ObjectStore

from lambda_ingest.store import BATCH_TIMEOUT
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.lake.object_store import open_object_store
from tg_pipeline.lake.partitions import Lake

SENSOR_TIMEOUT: Final = timedelta(seconds=15)
"""How long a request of a sensor is retried: Dagster allows a whole tick one minute.
https://docs.dagster.io/guides/automate/sensors
"""


class LandingResource(dg.ConfigurableResource[Any]):
    """The landing zone at `uri`; objects whose name has no bot id belong to `bot_id`."""

    uri: str
    bot_id: int = 0

    def store(self, timeout: timedelta = BATCH_TIMEOUT) -> ObjectStore:
        """Open the store, whose requests are retried for `timeout`; raises StoreError."""
        return open_object_store(self.uri, timeout)


class LakeResource(dg.ConfigurableResource[Any]):
    """The lake at `uri`."""

    uri: str

    def lake(self, timeout: timedelta = BATCH_TIMEOUT) -> Lake:
        """Open the lake, whose requests are retried for `timeout`; raises StoreError."""
        return Lake(self.uri, timeout)


class ClockResource(dg.ConfigurableResource[Any]):
    """The clock, which tests replace."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC)


resources: dict[str, dg.ConfigurableResource[Any]] = {
    "landing": LandingResource(uri=SETTINGS.landing_uri, bot_id=SETTINGS.bot_id),
    "lake": LakeResource(uri=SETTINGS.lake_uri),
    "clock": ClockResource(),
}
