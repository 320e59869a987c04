"""Time of a large day in one process, and in several (`TG_WORKERS`)."""

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final

from lib.days import (
    DAY,
    Place,
    build_deduped,
    build_enriched,
    build_raw,
    land_day,
    temporary_place,
)
from lib.measure import cpu_seconds, run_fresh
from lib.table import Cost, Row, paired
from tg_pipeline.lake.partitions import Lake, partition_key
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.parallel.processes import WorkerProcesses

PROCESSES: Final = 2


@dataclass(frozen=True, slots=True)
class TimedDay:
    """What a day of all layers took, and what it became."""

    seconds: dict[str, float]
    """By the clock, by layer."""
    own_cpu: float
    """CPU seconds of the process itself: the part that its workers do not share."""
    cpu: float
    """CPU seconds of all processes."""
    digests: list[str]

    def described(self) -> str:
        """Return the figures in a line."""
        times = ", ".join(f"{layer} {seconds:.1f} s" for layer, seconds in self.seconds.items())
        return f"{times}; CPU {self.own_cpu:.1f} of {self.cpu:.1f} s"


def measure_workers(updates: int, rounds: int, announce: Callable[[str], None]) -> list[Row]:
    """Return the time of a day with two workers, compared with one process, and the CPU of both.

    Its bytes must be the same.
    """
    one: list[TimedDay] = []
    several: list[TimedDay] = []
    with temporary_place() as place:
        announce(f"landing {updates:,} updates")
        run_fresh(land_day, place, updates)
        for number in range(1, rounds + 1):
            for processes, days in ((1, one), (PROCESSES, several)):
                announce(f"round {number}: {processes} processes")
                days.append(_build_in_new_process(place, processes))
                announce(f"round {number}: {days[-1].described()}")
    if len({tuple(day.digests) for day in (*one, *several)}) > 1:
        raise AssertionError("the bytes depend on the number of processes")
    figures: dict[str, Callable[[TimedDay], float]] = {
        "raw: time by the clock, not CPU": lambda day: day.seconds["raw"],
        "deduped: time": lambda day: day.seconds["deduped"],
        "enriched: time": lambda day: day.seconds["enriched"],
        "raw and enriched: time": lambda day: day.seconds["raw"] + day.seconds["enriched"],
        "CPU of the process that the workers work for": lambda day: day.own_cpu,
        "CPU of all processes": lambda day: day.cpu,
    }
    return [
        paired(
            f"{updates:,} updates, {PROCESSES} workers; {name}",
            "µs",
            [Cost(figure(day) / updates) for day in several],
            "one process",
            [Cost(figure(day) / updates) for day in one],
        )
        for name, figure in figures.items()
    ]


def _build_in_new_process(place: Place, processes: int) -> TimedDay:
    # Not the process that has landed the day: its memory would count, and its caches help.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_build, place, processes).result()


def _build(place: Place, processes: int) -> TimedDay:
    seconds = {}
    with WorkerProcesses(Lake(place.lake_uri), processes) as workers:
        seconds["raw"] = _timed(lambda: build_raw(place, workers))
        seconds["deduped"] = _timed(lambda: build_deduped(place))
        seconds["enriched"] = _timed(lambda: build_enriched(place, workers))
    own, cpu = time.process_time(), cpu_seconds()
    lake = place.folder / "lake"
    paths = [lake / partition_key(layer.name, DAY) for layer in ALL_LAYERS]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    return TimedDay(seconds, own, cpu, digests)


def _timed(build: Callable[[], object]) -> float:
    start = time.perf_counter()
    build()
    return time.perf_counter() - start
