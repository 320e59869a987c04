"""What assets reach outside with: the landing zone, the lake, the clock."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg
from obstore.store import ObjectStore

from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.lake.bucket import open_place
from tg_pipeline.lake.lake import Lake


class LandingResource(dg.ConfigurableResource[Any]):
    """The landing zone at `uri`; objects whose name tells no bot are those of `bot_id`."""

    uri: str
    bot_id: int = 0

    def store(self) -> ObjectStore:
        """Open the store; raises StoreError."""
        return open_place(self.uri)


class LakeResource(dg.ConfigurableResource[Any]):
    """The lake at `uri`."""

    uri: str

    def lake(self) -> Lake:
        """Open the lake; raises StoreError."""
        return Lake(self.uri)


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
