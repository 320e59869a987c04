"""A made-up day of updates in a landing zone, and where the benchmarks keep it."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import Progress

from lambda_ingest.landing import LandedUpdate, TrustLevel, day_prefix
from lambda_ingest.store import open_store
from lambda_ingest.writer import LandingWriter
from tg_pipeline.lake.landing_writer import Delivery, LandResult, land_all, land_batches
from tg_pipeline.sample import SAMPLE_BOT_ID, deliveries

DAY: Final = date(2026, 3, 4)
"""The day that is built; nothing lands on the one before."""

ZONE: Final = ZoneInfo("America/Sao_Paulo")

OBJECT_UPDATES: Final = 1_000
"""Updates a landed object."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a landing zone and a lake in it."""

    folder: Path

    @property
    def landing_uri(self) -> str:
        """Give the URI of the landing zone."""
        return (self.folder / "landing").as_uri()

    @property
    def lake_uri(self) -> str:
        """Give the URI of the lake."""
        return (self.folder / "lake").as_uri()

    @property
    def landed(self) -> Path:
        """Give the folder that the day's objects land in."""
        return self.folder / "landing" / day_prefix(DAY)


@contextmanager
def scratch() -> Iterator[Place]:
    """Give a place that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        yield Place(Path(folder))


def land_day(place: Place, updates: int, *, singly: bool = False) -> int:
    """Land a day of about so many distinct updates; give how many lines landed on that day.

    Retries are lines too, unless each update is an object of its own. What arrives after midnight
    without a time of its own belongs to the next day, and is not counted.
    """
    door = LandingWriter(open_store(place.landing_uri), SAMPLE_BOT_ID, ZONE, TrustLevel.NETWORK)
    arrivals = _arrivals(updates)
    outcomes = land_all(door, arrivals) if singly else land_batches(door, arrivals, OBJECT_UPDATES)
    shown = _with_progress(outcomes, updates)
    return sum(
        isinstance(each.taken.parsed, LandedUpdate) and each.taken.parsed.day == DAY
        for each in shown
    )


def _arrivals(updates: int) -> Iterator[Delivery]:
    for delivery in deliveries(DAY, 1, updates, zone=ZONE):
        yield Delivery(delivery.body, delivery.arrived_at, "the sample")


def _with_progress(outcomes: Iterable[LandResult], updates: int) -> Iterator[LandResult]:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(outcomes, updates, description=f"landing {updates:,} updates")
