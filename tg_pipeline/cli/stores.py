"""The landing zone and the lake, opened for a command that somebody waits for."""

from datetime import timedelta
from typing import Final

from obstore.store import ObjectStore

from tg_pipeline.lake.bucket import open_place
from tg_pipeline.lake.lake import Lake
from tg_pipeline.lake.landing_zone import list_days
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.settings import Settings

SOMEBODY_WAITS: Final = timedelta(seconds=20)
"""How long a request is tried before a person is told that a bucket does not answer."""


def open_landing(settings: Settings) -> ObjectStore:
    """Open the landing zone to look at it; raises StoreError."""
    return open_place(settings.landing_uri, SOMEBODY_WAITS)


def open_lake(settings: Settings) -> Lake:
    """Open the lake to look at it; raises StoreError."""
    return Lake(settings.lake_uri, SOMEBODY_WAITS)


def look_at_landing(settings: Settings) -> None:
    """Raise StoreError soon if the landing zone can't be used, before long work is begun on it."""
    list_days(open_landing(settings))


def look_at_lake(settings: Settings) -> None:
    """Raise StoreError soon if the lake can't be used, before long work is begun on it."""
    open_lake(settings).days(RAW_UPDATES.name)
