"""A year of days, backfilled through Dagster from a bucket to a bucket."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from days import Place, scratch
from measure import run_fresh
from rclone import Served, served
from screen import micros, show, spinner

FIRST: Final = date(2025, 1, 1)
COMMAND: Final = str(Path(sys.executable).with_name("tg-pipeline"))


@dataclass(frozen=True, slots=True)
class Backfill:
    """What it took, in seconds of the clock and of the client's CPU, and what was read."""

    seconds: float
    cpu: float
    objects_read: int

    def figures(self, days: int, objects: int) -> list[str]:
        """Give it as a row of the table, for so many days and objects."""
        a_day, an_object = f"{self.cpu / days:.2f}", micros(self.cpu / objects)
        whole = [f"{self.seconds:.0f}", f"{self.cpu:.0f}"]
        return [*whole, a_day, an_object, f"{self.objects_read:,}"]


def show_year(days: int, updates: int) -> None:
    """Land days of so many updates, an object each; build them, and again; print what it took."""
    last = FIRST + timedelta(days=days - 1)
    with scratch() as place, spinner() as announce:
        announce(f"landing {days * updates:,} updates")
        _command(place, {"TG_LANDING_URI": place.landing_uri}, *_sample(days, updates))
        (place.folder / "lake").mkdir(exist_ok=True)
        objects = sum(1 for _ in (place.folder / "landing").rglob("*.json"))
        first = _backfill(place, last, announce, "the first backfill")
        again = _backfill(place, last, announce, "the second backfill")
    rows = [["first", *first.figures(days, objects)], ["again", *again.figures(days, objects)]]
    heads = ["backfill", "seconds", "CPU seconds", "s of CPU a day", "µs an object", "objects read"]
    show(f"{days} days, {objects:,} objects, layers and marts", heads, rows)


def _sample(days: int, updates: int) -> list[str]:
    counts = ["--days", str(days), "--per-day", str(updates)]
    return ["sample", "--start", FIRST.isoformat(), *counts]


def _backfill(place: Place, last: date, announce: Callable[[str], None], name: str) -> Backfill:
    announce(name)
    with served(place.folder, is_logged=True) as server:
        began = perf_counter()
        span = ["--from", FIRST.isoformat(), "--to", last.isoformat()]
        buckets = {"TG_LANDING_URI": "s3://landing", "TG_LAKE_URI": "s3://lake"}
        done = run_fresh(_run, place, server, buckets, span)
        return Backfill(perf_counter() - began, done.cpu, server.objects_read("landing"))


def _run(place: Place, server: Served, buckets: dict[str, str], span: list[str]) -> None:
    _command(place, buckets | server.environment, "run", *span)


def _command(place: Place, settings: dict[str, str], *arguments: str) -> None:
    home = place.folder / "dagster"
    home.mkdir(exist_ok=True)
    environment = settings | {"DAGSTER_HOME": str(home), "TG_START_DATE": FIRST.isoformat()}
    subprocess.run(
        [COMMAND, *arguments], env=os.environ | environment, check=True, stdout=subprocess.DEVNULL
    )
