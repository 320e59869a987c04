"""Resources of the assets and sensors: the landing zone, the lake, the clock.

None takes a setting from a launch. In a field of a `ConfigurableResource` or a `dg.Config`, a
launch can name an environment variable, whose value Dagster shows if it does not fit. So neither
is used: `fixed` takes nothing, and a `config_schema` of plain types takes values only.
https://docs.dagster.io/guides/operate/configuration/using-environment-variables-and-secrets
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import dagster as dg
from obstore.store import ObjectStore

from lambda_ingest.store import BATCH_TIMEOUT
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.storage.object_store import open_object_store

SENSOR_TIMEOUT: Final = timedelta(seconds=15)
"""How long a request of a sensor is retried: Dagster allows a whole tick one minute.
https://docs.dagster.io/guides/automate/sensors
"""


@dataclass(frozen=True, slots=True)
class LandingResource:
    """The landing zone at `uri`; objects whose name has no bot id belong to `bot_id`."""

    uri: str
    bot_id: int = 0

    def store(self, timeout: timedelta = BATCH_TIMEOUT) -> ObjectStore:
        """Open the store, whose requests are retried for `timeout`; raises StoreError."""
        return open_object_store(self.uri, timeout)


@dataclass(frozen=True, slots=True)
class LakeResource:
    """The lake at `uri`."""

    uri: str

    def lake(self, timeout: timedelta = BATCH_TIMEOUT) -> Lake:
        """Open the lake, whose requests are retried for `timeout`; raises StoreError."""
        return Lake(self.uri, timeout)


class ClockResource:
    """The clock, which tests replace."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC)


@dg.io_manager(config_schema={}, description="Assets write their tables themselves.")
def no_files() -> dg.InMemoryIOManager:
    """Return an IO manager in place of Dagster's default, whose folder a launch could set."""
    return dg.InMemoryIOManager()  # type: ignore[no-untyped-call]


def fixed(value: object, description: str) -> dg.ResourceDefinition:
    """Return a resource that is this value, and refuses every setting of a launch."""
    return dg.ResourceDefinition(lambda _: value, config_schema={}, description=description)


resources: Final[dict[str, dg.ResourceDefinition]] = {
    "landing": fixed(
        LandingResource(SETTINGS.landing_uri, SETTINGS.bot_id), "The landing zone (TG_LANDING_URI)."
    ),
    "lake": fixed(LakeResource(SETTINGS.lake_uri), "The lake (TG_LAKE_URI)."),
    "clock": fixed(ClockResource(), "The system's clock."),
    "io_manager": no_files,
}
