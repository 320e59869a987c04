"""Lakes with a long history: many days of a small bot, landed and built without Dagster.

cd benchmarks && python -m lib.lakes --days 30 365 1095 --folder /tmp/lakes
"""

import argparse
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from lambda_ingest.landing import TrustLevel
from lambda_ingest.store import open_store
from lambda_ingest.writer import LandingWriter
from lib.days import DAY, ZONE, Place
from tg_pipeline.builds.layers import (
    build_deduped_updates,
    build_enriched_updates,
    read_known_ids,
)
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.parameters import layer_parameters, mart_parameters
from tg_pipeline.builds.raw_updates import LandingSource, build_raw_updates
from tg_pipeline.lake.landing_writer import Delivery, land_all
from tg_pipeline.lake.landing_zone import list_days
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.sample import SAMPLE_BOT_ID, deliveries
from tg_pipeline.settings import Settings

PER_DAY: Final = 20
"""Updates of a small bot's day."""

STEP: Final = 31
"""Days of a mart that one query makes: as many as a run of Dagster builds."""


def land_days(landing_uri: str, days: int, per_day: int = PER_DAY, last: date = DAY) -> None:
    """Land each update of the days up to `last` as an object of its own."""
    first = last - timedelta(days=days - 1)
    writer = LandingWriter(open_store(landing_uri), SAMPLE_BOT_ID, ZONE, TrustLevel.NETWORK)
    for _ in land_all(writer, _arrivals(first, days, per_day)):
        pass


def build_all_days(settings: Settings) -> None:
    """Build all tables of all landed days, as `tg-pipeline run` does."""
    store, lake = open_store(settings.landing_uri), Lake(settings.lake_uri)
    landing, days = LandingSource(store, settings.bot_id), list_days(store)
    layers = layer_parameters(settings, store)
    for day in days:
        build_raw_updates(landing, lake, day, layers)
    known = read_known_ids(lake, layers.floors)
    known.save(lake)
    for day in days:
        build_deduped_updates(lake, day, layers, known)
        build_enriched_updates(lake, day, layers)
    with mart_builder(lake, mart_parameters(settings, store)) as builder:
        for first in range(0, len(days), STEP):
            for mart in DAILY_MARTS:
                builder.build_days(mart, days[first : first + STEP])
        for mart in CUMULATIVE_MARTS:
            builder.build(mart)


def make_lake(place: Place, days: int, per_day: int = PER_DAY, last: date = DAY) -> None:
    """Land and build the days up to `last`, so that a run has nothing to do."""
    land_days(place.landing_uri, days, per_day, last)
    build_all_days(Settings.from_environment(lake_environment(place), place.folder))


def lake_environment(place: Place) -> dict[str, str]:
    """Return the settings with which a command works on a place's lake."""
    return {
        "TG_LANDING_URI": place.landing_uri,
        "TG_LAKE_URI": place.lake_uri,
        "TG_TIMEZONE": ZONE.key,
        "TG_START_DATE": "2016-01-01",
        "DAGSTER_HOME": str(place.folder / "dagster"),
    }


def _arrivals(first: date, days: int, per_day: int) -> Iterator[Delivery]:
    for delivery in deliveries(first, days, per_day, zone=ZONE):
        yield Delivery(delivery.body, delivery.arrived_at, "the sample")


def main() -> None:
    """Make the lakes, each in a folder named after its number of days."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the lakes are made")
    parser.add_argument("--days", type=int, nargs="+", default=[30, 365, 1_095])
    parser.add_argument("--updates", type=int, default=PER_DAY, help="updates per day")
    options = parser.parse_args()
    numbers: Iterable[int] = options.days
    for days in numbers:
        place = Place(options.folder.resolve() / str(days))
        place.folder.mkdir(parents=True)
        make_lake(place, days, options.updates)


if __name__ == "__main__":
    main()
