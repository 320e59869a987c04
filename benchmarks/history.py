"""Cost of building a day, by how many days of history its updates are compared with.

python benchmarks/history.py --updates 100 3000 --rounds 7
"""

import argparse
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from functools import partial
from statistics import median
from typing import Final

import pyarrow as pa

from lambda_ingest.landing import TrustLevel, day_prefix
from lambda_ingest.store import open_store
from lambda_ingest.writer import LandingWriter
from lib.days import (
    DAY,
    UPDATES_PER_OBJECT,
    ZONE,
    DayCost,
    Place,
    build_day,
    land_day,
    temporary_place,
)
from lib.measure import run_fresh
from lib.output import show, spinner
from tg_pipeline.builds.layers import read_known_ids
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import BUILT_FROM, TIMEZONE, LandingSource, build_raw_updates
from tg_pipeline.lake.floors import ALL_DAYS
from tg_pipeline.lake.landing_writer import Delivery, land_batches
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.layers.update_ids import UPDATE_IDS, UpdateIdCounter
from tg_pipeline.sample import SAMPLE_BOT_ID, deliveries

HISTORIES: Final = (0, 30, 365, 1_095)
"""Days before the day that is built."""

MONTH: Final = 30
"""Days whose updates are landed again on the day."""

ROWS: Final = 1_000
"""Rows of a day of the history: they are not read, as none of its ids is on the day."""

OTHER_IDS: Final = 2**40
"""The first id of the history: the sample's are lower."""


def main() -> None:
    """Measure and print."""
    options = _options()
    for updates in options.updates:
        show_histories(updates, options.rounds)
    for updates in options.updates:
        show_month(updates, options.rounds)


def show_histories(updates: int, rounds: int) -> None:
    """Print the cost of a day with histories of several lengths, and with one full of gaps."""
    cases = {f"{days:,} days": partial(write_history, days=days) for days in HISTORIES}
    cases[f"{HISTORIES[-1]:,} days of a filtered bot"] = partial(
        write_history, days=HISTORIES[-1], gap=3
    )
    with ExitStack() as stack:
        places = {name: stack.enter_context(temporary_place()) for name in cases}
        first, *others = places.values()
        run_fresh(land_day, first, updates)
        for place in others:
            shutil.copytree(first.folder / "landing", place.folder / "landing")
        for name, write in cases.items():
            run_fresh(write, places[name])
        show_costs(f"A day of {updates:,} updates, by the history before it", places, rounds)


def show_month(updates: int, rounds: int) -> None:
    """Print the cost of a day on which a whole month lands again, and if none of it was known."""
    with temporary_place() as again, temporary_place() as new:
        run_fresh(land_month_again, again, updates)
        shutil.copytree(again.folder / "landing", new.folder / "landing")
        places = {"all new": new, "all landed before": again}
        show_costs(f"{MONTH} days of {updates:,} updates landed on one day", places, rounds)


def show_costs(title: str, places: dict[str, Place], rounds: int) -> None:
    """Build each place's day in turn, `rounds` times, and print the medians."""
    costs: dict[str, list[DayCost]] = {name: [] for name in places}
    with spinner() as announce:
        for number in range(rounds):
            for name, place in places.items():
                announce(f"round {number + 1}: {name}")
                costs[name].append(build_day(place, lambda _: None))
    base, *_ = costs.values()
    show(
        title,
        ["", "ms of CPU", "of these, deduped_updates", "ratio, paired", "peak MB"],
        [
            [
                name,
                f"{1e3 * median(each.total * each.updates for each in found):.1f}",
                f"{1e3 * median(each.cpu['deduped'] * each.updates for each in found):.1f}",
                f"{median(a.total / b.total for a, b in zip(found, base, strict=True)):.3f}",
                f"{max(each.peak for each in found) / 1e6:.0f}",
            ]
            for name, found in costs.items()
        ],
    )


def write_history(place: Place, days: int, gap: int = 1) -> None:
    """Write so many days of raw_updates whose ids are on no other day."""
    lake = Lake(place.lake_uri)
    for number in range(1, days + 1):
        first = OTHER_IDS - number * gap * ROWS
        rows = raw_rows(range(first, first + gap * ROWS, gap))
        ids = UpdateIdCounter()
        ids.add(rows)
        day = DAY - timedelta(days=number)
        footer = {BUILT_FROM: f"{number:032x}-{0:032x}", TIMEZONE: ZONE.key}
        with lake.writer(RAW_UPDATES.name, day, RAW_UPDATES.schema) as output:
            output.write(rows)
            output.commit(**footer, **{UPDATE_IDS: ids.encode()})
    read_known_ids(lake, ALL_DAYS).save(lake)


def raw_rows(ids: range) -> pa.RecordBatch:
    """Return rows of raw_updates with these ids."""
    values = {
        "bot_id": SAMPLE_BOT_ID,
        "update_type": "message",
        "received_at": 1_772_600_000_000_000,
        "object_key": "telegram/x.json",
        "line": 1,
        "payload": b"{}",
    }
    columns = [
        pa.array(ids, pa.int64())
        if field.name == "update_id"
        else pa.repeat(pa.scalar(values[field.name]), len(ids)).cast(field.type)
        for field in RAW_UPDATES.schema
    ]
    return pa.record_batch(columns, schema=RAW_UPDATES.schema)


def land_month_again(place: Place, updates: int) -> None:
    """Land and build the raw rows of a month, and land its objects again on the day after it."""
    store = open_store(place.landing_uri)
    first = DAY - timedelta(days=MONTH)
    writer = LandingWriter(store, SAMPLE_BOT_ID, ZONE, TrustLevel.NETWORK)
    for _ in land_batches(writer, _arrivals(first, updates), UPDATES_PER_OBJECT):
        pass
    for number in range(MONTH):
        day = first + timedelta(days=number)
        landing, parameters = LandingSource(store, SAMPLE_BOT_ID), LayerParameters(ZONE.key)
        build_raw_updates(landing, Lake(place.lake_uri), day, parameters)
        for path in (place.folder / "landing" / day_prefix(day)).glob("*.ndjson.gz"):
            place.landed.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place.landed / path.name.replace("-", f"-{day:%m%d}", 1))


def _arrivals(first: date, updates: int) -> Iterator[Delivery]:
    for delivery in deliveries(first, MONTH, updates, zone=ZONE):
        yield Delivery(delivery.body, delivery.arrived_at, "the sample")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--updates", type=int, nargs="+", default=[100, 3_000], help="updates of the day"
    )
    parser.add_argument("--rounds", type=int, default=7, help="repetitions, for a median")
    return parser.parse_args()


if __name__ == "__main__":
    main()
