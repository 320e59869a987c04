"""The three builds of a day, one after another, and what each costs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from days import DAY, Place, land_day, scratch
from measure import FreshProcess, run_fresh
from screen import spinner

from lambda_ingest.store import open_store
from tg_pipeline.builds.layers import (
    build_deduped_updates,
    build_enriched_updates,
    build_raw_updates,
)
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.sample import SAMPLE_BOT_ID


@dataclass(frozen=True, slots=True)
class DayCost:
    """What it took to build a day through all layers, in a process of its own."""

    updates: int
    """Landed updates, retries among them."""
    cpu: dict[str, float]
    """Seconds of CPU an update, by layer."""
    peak: int
    """Bytes of resident memory at most."""

    @property
    def total(self) -> float:
        """Give the seconds of CPU an update of all layers together."""
        return sum(self.cpu.values())


def build_raw(place: Place) -> int:
    """Build the day's raw_updates, from nothing; give its rows."""
    landing, lake = open_store(place.landing_uri), Lake(place.lake_uri)
    return build_raw_updates(landing, lake, DAY, bot_id=SAMPLE_BOT_ID, full=True).raw.rows


def build_deduped(place: Place) -> int:
    """Build the day's deduped_updates; give its rows."""
    return build_deduped_updates(Lake(place.lake_uri), DAY).deduped.rows


def build_enriched(place: Place) -> int:
    """Build the day's enriched_updates; give its rows."""
    return build_enriched_updates(Lake(place.lake_uri), DAY).enriched.rows


STAGES: Final[dict[str, Callable[[Place], int]]] = {
    "raw": build_raw,
    "deduped": build_deduped,
    "enriched": build_enriched,
}


def build_day(place: Place, announce: Callable[[str], None]) -> DayCost:
    """Build the day through all layers in a fresh process; `announce` hears which is under way."""
    built = {}
    with FreshProcess() as process:
        for name, stage in STAGES.items():
            announce(name)
            built[name] = process.run(stage, place)
        updates = built["raw"].result
        cpu = {name: each.cpu / updates for name, each in built.items()}
        return DayCost(updates, cpu, process.peak())


def land_and_build(updates: int) -> DayCost:
    """Land a day of about so many updates and build it once."""
    with scratch() as place:
        run_fresh(land_day, place, updates)
        with spinner() as announce:
            return build_day(place, announce)
