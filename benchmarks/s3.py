"""Cost of an object from a bucket to its enriched row, compared with a loop; or a year's backfill.

python benchmarks/s3.py --updates 20000 --rounds 3
python benchmarks/s3.py --year
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from lambda_ingest.landing import day_prefix
from lambda_ingest.store import open_store
from lib.days import DAY, ZONE, Place, land_day, temporary_place
from lib.loops import compare, table_per_object
from lib.measure import run_fresh
from lib.output import micros, show, spinner
from lib.s3_servers import RcloneServer, serve_with_rclone
from tg_pipeline.builds.layers import build_deduped_updates, build_enriched_updates
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import LandingSource, build_raw_updates
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.sample import SAMPLE_BOT_ID

LOOP_OBJECTS: Final = 2_000
"""Objects that the loop reads: a part of the day, since it is slow."""

BUCKETS: Final = {"TG_LANDING_URI": "s3://landing", "TG_LAKE_URI": "s3://lake"}
"""The folders of a place, served as buckets."""

YEAR_START: Final = date(2025, 1, 1)
COMMAND: Final = str(Path(sys.executable).with_name("tg-pipeline"))


@dataclass(slots=True)
class Rounds:
    """The costs of each round: seconds of the client's CPU per object."""

    layers: list[float] = field(default_factory=list)
    loop: list[float] = field(default_factory=list)
    objects: int = 0
    read_again: int = 0
    """Landed objects that a second build read."""


@dataclass(frozen=True, slots=True)
class Backfill:
    """Seconds of wall-clock time and of the client's CPU, and the number of objects read."""

    seconds: float
    cpu: float
    objects_read: int

    def figures(self, days: int, objects: int) -> list[str]:
        """Return a row of the table."""
        per_day, per_object = f"{self.cpu / days:.2f}", micros(self.cpu / objects)
        totals = [f"{self.seconds:.0f}", f"{self.cpu:.0f}"]
        return [*totals, per_day, per_object, f"{self.objects_read:,}"]


def main() -> None:
    """Measure and print."""
    options = _options()
    if options.year:
        show_year(options.year_days, options.year_updates)
        return
    with temporary_place() as place, spinner() as announce:
        announce("landing")
        run_fresh(land_day, place, options.updates, singly=True)
        (place.folder / "lake").mkdir()
        rounds = measure(place, options.rounds, announce)
    show_costs(rounds)


def measure(place: Place, count: int, announce: Callable[[str], None]) -> Rounds:
    """Build the day and run the loop over the same objects of the same server."""
    rounds = Rounds()
    with serve_with_rclone(place.folder) as server:
        os.environ.update(server.environment)
        for number in range(1, count + 1):
            announce(f"round {number}: all layers")
            built = run_fresh(build_layers, full=True)
            rounds.objects = built.result
            rounds.layers.append(built.cpu / built.result)
            announce(f"round {number}: the loop")
            table = place.folder / "loop.parquet"
            looped = run_fresh(table_per_object, "landing", day_prefix(DAY), LOOP_OBJECTS, table)
            rounds.loop.append(looped.cpu / looped.result)
            run_fresh(compare, place, table)
    with serve_with_rclone(place.folder, is_logged=True) as server:
        os.environ.update(server.environment)
        announce("all layers again")
        run_fresh(build_layers)
        rounds.read_again = server.objects_read("landing")
    return rounds


def build_layers(*, full: bool = False) -> int:
    """Build the day through all layers, from bucket to bucket; return its landed objects."""
    landing = LandingSource(open_store(BUCKETS["TG_LANDING_URI"]), SAMPLE_BOT_ID)
    lake = Lake(BUCKETS["TG_LAKE_URI"])
    raw = build_raw_updates(landing, lake, DAY, LayerParameters(ZONE.key), full=full)
    build_deduped_updates(lake, DAY, LayerParameters(ZONE.key))
    build_enriched_updates(lake, DAY, LayerParameters(ZONE.key))
    return raw.objects


def show_costs(rounds: Rounds) -> None:
    """Print the client's CPU per object, medians of the rounds."""
    layers, loop = median(rounds.layers), median(rounds.loop)
    ratio = f"{loop / layers:.1f} x cheaper"
    show(
        f"{rounds.objects:,} objects of one update each, the loop over {LOOP_OBJECTS:,} of them",
        ["CPU of the client, medians", "µs per object", "all layers are"],
        [
            ["landing to enriched_updates", micros(layers), ""],
            ["loop: download_file, json, a one-row table", micros(loop), ratio],
        ],
    )
    show("A second build", ["", ""], [["landed objects read", f"{rounds.read_again:,}"]])


def show_year(days: int, updates: int) -> None:
    """Land days of single-update objects, backfill them twice through Dagster, print the cost."""
    last = YEAR_START + timedelta(days=days - 1)
    with temporary_place() as place, spinner() as announce:
        announce(f"landing {days * updates:,} updates")
        counts = ["--days", str(days), "--per-day", str(updates)]
        sample = ["sample", "--start", YEAR_START.isoformat(), *counts]
        _command(place, {"TG_LANDING_URI": place.landing_uri}, *sample)
        (place.folder / "lake").mkdir(exist_ok=True)
        objects = sum(1 for _ in (place.folder / "landing").rglob("*.json"))
        rows = []
        for name in ("first", "second"):
            announce(f"the {name} backfill")
            rows.append([name, *_backfill(place, last).figures(days, objects)])
    heads = ["backfill", "seconds", "CPU s", "CPU s per day", "µs per object", "objects read"]
    show(f"{days} days, {objects:,} objects, layers and marts", heads, rows)


def _backfill(place: Place, last: date) -> Backfill:
    with serve_with_rclone(place.folder, is_logged=True) as server:
        started = perf_counter()
        done = run_fresh(_run, place, server, last)
        return Backfill(perf_counter() - started, done.cpu, server.objects_read("landing"))


def _run(place: Place, server: RcloneServer, last: date) -> None:
    span = ["--from", YEAR_START.isoformat(), "--to", last.isoformat()]
    _command(place, BUCKETS | server.environment, "run", *span)


def _command(place: Place, settings: dict[str, str], *arguments: str) -> None:
    home = place.folder / "dagster"
    home.mkdir(exist_ok=True)
    environment = settings | {"DAGSTER_HOME": str(home), "TG_START_DATE": YEAR_START.isoformat()}
    subprocess.run(
        [COMMAND, *arguments], env=os.environ | environment, check=True, stdout=subprocess.DEVNULL
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=20_000, help="updates of the day")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions, for a median")
    parser.add_argument("--year", action="store_true", help="backfill a year through Dagster")
    parser.add_argument("--year-days", type=int, default=365)
    parser.add_argument("--year-updates", type=int, default=2_000, help="updates per day")
    return parser.parse_args()


if __name__ == "__main__":
    main()
