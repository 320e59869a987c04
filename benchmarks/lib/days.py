"""A generated day of updates in a landing zone, and the cost of building its three layers."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from lambda_ingest.landing import LandedUpdate, TrustLevel, day_prefix
from lambda_ingest.store import open_store
from lambda_ingest.writer import LandingWriter
from lib.measure import FreshProcess
from tg_pipeline.builds.layers import (
    IN_THIS_PROCESS,
    build_deduped_updates,
    build_enriched_updates,
)
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import LandingSource, build_raw_updates
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.landing.writer import Delivery, land_all, land_batches
from tg_pipeline.parallel.processes import WorkerProcesses
from tg_pipeline.sample import SAMPLE_BOT_ID, deliveries

DAY: Final = date(2026, 3, 4)
"""The day that is built; the day before it has no updates."""

ZONE: Final = ZoneInfo("America/Sao_Paulo")

UPDATES_PER_OBJECT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a landing zone and a lake in it."""

    folder: Path

    @property
    def landing_uri(self) -> str:
        """The URI of the landing zone."""
        return (self.folder / "landing").as_uri()

    @property
    def lake_uri(self) -> str:
        """The URI of the lake."""
        return (self.folder / "lake").as_uri()

    @property
    def landed(self) -> Path:
        """The folder of the day's landed objects."""
        return self.folder / "landing" / day_prefix(DAY)


@dataclass(frozen=True, slots=True)
class DayCost:
    """The cost of building a day through all layers, in a process of its own."""

    updates: int
    """Landed updates, including retries."""
    cpu: dict[str, float]
    """Seconds of CPU per update, by layer."""
    peak: int
    """Peak resident memory in bytes."""

    @property
    def total(self) -> float:
        """Seconds of CPU per update for all layers together."""
        return sum(self.cpu.values())


@contextmanager
def temporary_place() -> Iterator[Place]:
    """Yield a place that is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        yield Place(Path(folder))


def land_day(place: Place, updates: int, *, singly: bool = False) -> int:
    """Land about `updates` distinct updates of a day; return the number of lines of that day.

    Retries are lines too, unless each update is an object of its own (`singly`). Updates that
    arrive after midnight without a time of their own belong to the next day and are not counted.
    """
    door = LandingWriter(open_store(place.landing_uri), SAMPLE_BOT_ID, ZONE, TrustLevel.NETWORK)
    arrivals = _arrivals(updates)
    outcomes = (
        land_all(door, arrivals) if singly else land_batches(door, arrivals, UPDATES_PER_OBJECT)
    )
    return sum(
        isinstance(each.taken.parsed, LandedUpdate) and each.taken.parsed.day == DAY
        for each in outcomes
    )


def build_raw(place: Place, workers: WorkerProcesses | None = None) -> int:
    """Build the day's raw_updates from scratch; return its rows."""
    split_objects = workers.split_objects if workers else None
    landing = LandingSource(
        open_store(place.landing_uri), SAMPLE_BOT_ID, split_objects=split_objects
    )
    return build_raw_updates(
        landing, Lake(place.lake_uri), DAY, LayerParameters(ZONE.key), full=True
    ).raw.rows


def build_deduped(place: Place) -> int:
    """Build the day's deduped_updates; return its rows."""
    return build_deduped_updates(Lake(place.lake_uri), DAY, LayerParameters(ZONE.key)).deduped.rows


def build_enriched(place: Place, workers: WorkerProcesses | None = None) -> int:
    """Build the day's enriched_updates; return its rows."""
    enrichment = workers.enrichment(DAY) if workers else IN_THIS_PROCESS
    return build_enriched_updates(
        Lake(place.lake_uri), DAY, LayerParameters(ZONE.key), enrichment
    ).enriched.rows


LAYERS: Final[dict[str, Callable[[Place], int]]] = {
    "raw": build_raw,
    "deduped": build_deduped,
    "enriched": build_enriched,
}


def build_day(place: Place) -> DayCost:
    """Build the day through all layers in a fresh process."""
    with FreshProcess() as process:
        built = {name: process.run(build, place) for name, build in LAYERS.items()}
        updates = built["raw"].result
        cpu = {name: each.cpu / updates for name, each in built.items()}
        return DayCost(updates, cpu, process.peak())


def _arrivals(updates: int) -> Iterator[Delivery]:
    for delivery in deliveries(DAY, 1, updates, zone=ZONE):
        yield Delivery(delivery.body, delivery.arrived_at, "the sample")
