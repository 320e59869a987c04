"""Cost of an object from a bucket to its enriched row, and the backfill of a year from a bucket."""

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from lambda_ingest.landing import day_prefix
from lambda_ingest.store import open_store
from lib.alternatives.loops import compare, table_per_object
from lib.commands import measure_command
from lib.days import DAY, ZONE, Place, land_day, temporary_place
from lib.measure import FreshProcess, run_fresh
from lib.processes.s3_servers import serve_with_rclone
from lib.table import Cost, Row, paired
from tg_pipeline.builds.layers import build_deduped_updates, build_enriched_updates
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import LandingSource, build_raw_updates
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.sample import SAMPLE_BOT_ID

OBJECTS: Final = 20_000

LOOP_OBJECTS: Final = 2_000
"""Objects that the loop reads: a part of the day, since it is slow."""

BUCKETS: Final = {"TG_LANDING_URI": "s3://landing", "TG_LAKE_URI": "s3://lake"}
"""The folders of a place, served as buckets."""

YEAR_START: Final = date(2025, 1, 1)
YEAR_DAYS: Final = 365
YEAR_UPDATES: Final = 2_000
"""Updates per day."""

LOOP: Final = "boto3: `download_file`, `json.load`, a one-row table each"


def measure_requests(rounds: int, announce: Callable[[str], None]) -> list[Row]:
    """Return the client's cost per object of a day, and that of a loop."""
    ours, loop = [], []
    with temporary_place() as place:
        announce(f"landing {OBJECTS:,} objects")
        run_fresh(land_day, place, OBJECTS, singly=True)
        (place.folder / "lake").mkdir()
        with serve_with_rclone(place.folder) as server:
            os.environ.update(server.environment)
            for number in range(1, rounds + 1):
                announce(f"round {number}: all layers")
                with FreshProcess() as process:
                    built = process.run(build_layers)
                    ours.append(Cost(built.cpu / built.result, process.peak()))
                announce(f"round {number}: the loop")
                loop.append(_loop(place))
    what = "an object in a bucket → raw → deduped → enriched"
    return [paired(what, "µs", ours, LOOP, loop)]


def measure_year(announce: Callable[[str], None]) -> list[Row]:
    """Return the cost of backfilling a year of single-update objects, and of doing so again."""
    last = YEAR_START + timedelta(days=YEAR_DAYS - 1)
    with temporary_place() as place:
        announce(f"landing {YEAR_DAYS * YEAR_UPDATES:,} updates")
        counts = ["--days", str(YEAR_DAYS), "--per-day", str(YEAR_UPDATES)]
        measure_command(place, "sample", "--start", YEAR_START.isoformat(), *counts)
        (place.folder / "lake").mkdir(exist_ok=True)
        costs = []
        for name in ("first", "second"):
            announce(f"the {name} backfill")
            with serve_with_rclone(place.folder) as server:
                span = ["--from", YEAR_START.isoformat(), "--to", last.isoformat()]
                settings = BUCKETS | server.environment
                costs.append(measure_command(place, "run", *span, **settings))
    what = f"a backfill from a bucket, {YEAR_DAYS} days of {YEAR_UPDATES:,} objects"
    return [paired(what, "s", costs[:1], "the same days again", costs[1:])]


def build_layers() -> int:
    """Build the day through all layers, from bucket to bucket; return its landed objects."""
    landing = LandingSource(open_store(BUCKETS["TG_LANDING_URI"]), SAMPLE_BOT_ID)
    lake, parameters = Lake(BUCKETS["TG_LAKE_URI"]), LayerParameters(ZONE.key)
    raw = build_raw_updates(landing, lake, DAY, parameters, full=True)
    build_deduped_updates(lake, DAY, parameters)
    build_enriched_updates(lake, DAY, parameters)
    return raw.objects


def _loop(place: Place) -> Cost:
    table: Path = place.folder / "loop.parquet"
    done = run_fresh(table_per_object, "landing", day_prefix(DAY), LOOP_OBJECTS, table)
    run_fresh(compare, place, table)
    return Cost(done.cpu / done.result)
