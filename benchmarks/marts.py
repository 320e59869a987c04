"""What all marts and the report cost over a million messages, beside the same queries in pandas.

python benchmarks/marts.py --rounds 3
"""

import argparse
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from days import scratch
from marts_agreement import compare
from marts_meter import DRAWING, FACTS, FINDING, READING, Side
from marts_ours import build_ours
from measure import FreshProcess, run_fresh
from million_messages import COMMUNITIES, DAYS, PER_DAY, Month, make_month
from pandas_side import build_pandas
from screen import megabytes, show, spinner

from tg_pipeline.marts.catalog import ALL_MARTS, CUMULATIVE_MARTS, DAILY_MARTS

BY_DAY: Final = [mart.name for mart in DAILY_MARTS]
WHOLE: Final = [mart.name for mart in CUMULATIVE_MARTS]
QUERIES: Final = [READING, *BY_DAY, *WHOLE, FACTS]
SHARED: Final = [FINDING, DRAWING]
"""What both sides do with the same function, and no query does."""

SUMS: Final = {
    "marts by day": BY_DAY,
    "marts of all days": WHOLE,
    "all queries": QUERIES,
    **{stage: [stage] for stage in SHARED},
    "all": [*QUERIES, *SHARED],
}


class Taken(NamedTuple):
    """What a side took in a round."""

    side: Side
    peak: int
    """Bytes of resident memory at most."""

    def cpu(self, stages: list[str]) -> float:
        """Give the seconds of CPU of some stages together."""
        return sum(self.side.cpu.get(stage, 0) for stage in stages)


class Round(NamedTuple):
    """What both sides took, one after the other."""

    ours: Taken
    pandas: Taken


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    with scratch() as place, spinner() as announce:
        announce("making a month of messages")
        month = Month(asked.communities, asked.per_day)
        updates = run_fresh(make_month, place.lake_uri, month).result
        rounds = [
            measure_round(place.folder, partial(_announce, announce, number))
            for number in range(1, asked.rounds + 1)
        ]
        announce("comparing")
        sides = (taken.side for taken in rounds[-1])
        rows = run_fresh(compare, place.folder, *sides).result
    show_costs(rounds, rows, updates)
    show_whole(rounds)


def measure_round(folder: Path, announce: Callable[[str], None]) -> Round:
    """Build everything on both sides, from nothing, each in a process of its own."""
    for mart in ALL_MARTS:
        shutil.rmtree(folder / "lake" / mart.name, ignore_errors=True)
    announce("ours")
    ours = _take(build_ours, folder)
    announce("pandas")
    return Round(ours, _take(build_pandas, folder))


def _take(build: Callable[[Path], Side], folder: Path) -> Taken:
    with FreshProcess() as process:
        return Taken(process.run(build, folder).result, process.peak())


def _announce(announce: Callable[[str], None], number: int, what: str) -> None:
    announce(f"round {number}: {what}")


def show_costs(rounds: list[Round], rows: dict[str, int], updates: int) -> None:
    """Print the CPU of each query, and of all: medians of the rounds."""
    stages = {name: [name] for name in QUERIES} | SUMS
    show(
        f"{rows['messages']:,} messages in {updates:,} updates of {DAYS} days (the same rows)",
        ["CPU seconds, medians of the rounds", "rows", "ours", "pandas", "pandas takes"],
        [
            [name, f"{rows[name]:,}" if name in rows else "", *_costs(rounds, parts)]
            for name, parts in stages.items()
        ],
    )


def _costs(rounds: list[Round], stages: list[str]) -> list[str]:
    ours, pandas = (
        median(taken.cpu(stages) for taken in side) for side in zip(*rounds, strict=True)
    )
    ratio = f"{pandas / ours:.1f} x" if ours and pandas else ""
    return [f"{ours:.2f}" if ours else "", f"{pandas:.2f}", ratio]


def show_whole(rounds: list[Round]) -> None:
    """Print the time by the clock on the wall, at the median, and the most memory of any round."""
    show(
        "From the updates to the report, in one process",
        ["", "seconds", "peak memory"],
        [
            [
                name,
                f"{median(taken.side.wall for taken in side):.1f}",
                megabytes(max(taken.peak for taken in side)),
            ]
            for name, side in zip(("ours", "pandas"), zip(*rounds, strict=True), strict=True)
        ],
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--communities", type=int, default=COMMUNITIES)
    parser.add_argument("--per-day", type=int, default=PER_DAY, help="updates of a community")
    parser.add_argument("--rounds", type=int, default=3, help="how often, for a median")
    return parser.parse_args()


if __name__ == "__main__":
    main()
