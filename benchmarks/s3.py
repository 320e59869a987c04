"""What an object costs from a bucket to its enriched row, beside the loop a user would else write.

python benchmarks/s3.py --updates 20000 --rounds 3
python benchmarks/s3.py --year
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from agreement import compare
from bucket_loop import table_an_object
from days import DAY, Place, land_day, scratch
from measure import run_fresh
from rclone import served
from s3_year import show_year
from screen import micros, show, spinner

from lambda_ingest.landing import day_prefix
from lambda_ingest.store import open_store
from tg_pipeline.builds.layers import (
    build_deduped_updates,
    build_enriched_updates,
    build_raw_updates,
)
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.sample import SAMPLE_BOT_ID

LOOPED: Final = 2_000
"""Objects that the loop goes over: a share of the day, since it is slow."""

LANDING_URI: Final = "s3://landing"
LAKE_URI: Final = "s3://lake"
"""What the folders of a place are called once they are served as buckets."""


@dataclass(slots=True)
class Taken:
    """What each round took: seconds of the client's CPU an object."""

    layers: list[float] = field(default_factory=list)
    loop: list[float] = field(default_factory=list)
    objects: int = 0
    again: int = 0
    """Landed objects that a second build read."""


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    if asked.year:
        show_year(asked.year_days, asked.year_updates)
        return
    with scratch() as place, spinner() as announce:
        announce("landing")
        run_fresh(land_day, place, asked.updates, singly=True)
        (place.folder / "lake").mkdir()
        taken = measure(place, asked.rounds, announce)
    show_costs(taken)


def measure(place: Place, rounds: int, announce: Callable[[str], None]) -> Taken:
    """Build the day and run the loop over the same objects, served by the same server."""
    taken = Taken()
    with served(place.folder) as server:
        os.environ.update(server.environment)
        for number in range(1, rounds + 1):
            announce(f"round {number}: all layers")
            built = run_fresh(build_layers, full=True)
            taken.objects = built.result
            taken.layers.append(built.cpu / built.result)
            announce(f"round {number}: the loop")
            table = place.folder / "loop.parquet"
            looped = run_fresh(table_an_object, "landing", day_prefix(DAY), LOOPED, table)
            taken.loop.append(looped.cpu / looped.result)
            run_fresh(compare, place, table)
    with served(place.folder, is_logged=True) as server:
        os.environ.update(server.environment)
        announce("all layers again")
        run_fresh(build_layers)
        taken.again = server.objects_read("landing")
    return taken


def build_layers(*, full: bool = False) -> int:
    """Build the day through all layers, from bucket to bucket; give its landed objects."""
    landing, lake = open_store(LANDING_URI), Lake(LAKE_URI)
    raw = build_raw_updates(landing, lake, DAY, bot_id=SAMPLE_BOT_ID, full=full)
    build_deduped_updates(lake, DAY)
    build_enriched_updates(lake, DAY)
    return raw.objects


def show_costs(taken: Taken) -> None:
    """Print the client's CPU an object, medians of the rounds."""
    layers, loop = median(taken.layers), median(taken.loop)
    show(
        f"{taken.objects:,} objects of an update each, the loop over {LOOPED:,} of them",
        ["CPU of the client, medians", "µs an object", "all layers are"],
        [
            ["landing to enriched_updates", micros(layers), ""],
            ["loop: download_file, json, a one-row table", micros(loop), f"{loop / layers:.1f} x"],
        ],
    )
    show("The same again", ["", ""], [["landed objects read", f"{taken.again:,}"]])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=20_000, help="updates of the day")
    parser.add_argument("--rounds", type=int, default=3, help="how often, for a median")
    parser.add_argument("--year", action="store_true", help="backfill a year through Dagster")
    parser.add_argument("--year-days", type=int, default=365)
    parser.add_argument("--year-updates", type=int, default=2_000, help="updates a day")
    return parser.parse_args()


if __name__ == "__main__":
    main()
