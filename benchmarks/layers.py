"""What the layers cost, beside the loop that a user would else write.

python benchmarks/layers.py --updates 100000 --rounds 3 --memory 1000000
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Final

from agreement import compare
from days import Place, land_day, scratch
from measure import run_fresh
from plain_loop import table_a_row, table_of_all
from screen import megabytes, micros, rate, show, spinner
from stages import STAGES, DayCost, build_day, land_and_build

LOOPED: Final = 10_000
"""Lines that the loop goes over: a share of the day, since it is slow."""

LOOPS: Final = {"a table a row": table_a_row, "one table of all": table_of_all}


@dataclass(slots=True)
class Taken:
    """What each round took."""

    days: list[DayCost] = field(default_factory=list)
    loops: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in LOOPS})
    """Seconds of CPU an update, by loop."""
    looped: int = 0
    """Updates that each loop went over."""

    @property
    def total(self) -> float:
        """Give the seconds of CPU an update of all layers, at the median."""
        return median([day.total for day in self.days])


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    taken = Taken()
    with scratch() as place:
        run_fresh(land_day, place, asked.updates)
        with spinner() as announce:
            for number in range(1, asked.rounds + 1):
                measure_round(place, taken, partial(_announce, announce, number))
    show_costs(taken)
    largest = max(taken.days, key=lambda day: day.peak)
    show_memory([largest, land_and_build(asked.memory)])


def measure_round(place: Place, taken: Taken, announce: Callable[[str], None]) -> None:
    """Build the day and run each loop; raises DisagreementError where the two differ."""
    taken.days.append(build_day(place, announce))
    looped = place.folder / "loop.parquet"
    for name, loop in LOOPS.items():
        announce(f"loop, {name}")
        done = run_fresh(loop, place.landed, LOOPED, looped)
        taken.looped = done.result
        taken.loops[name].append(done.cpu / done.result)
        run_fresh(compare, place, looped)


def _announce(announce: Callable[[str], None], number: int, what: str) -> None:
    announce(f"round {number}: {what}")


def show_costs(taken: Taken) -> None:
    """Print the CPU an update of each layer, of all, and of the loops: medians."""
    costs = {name: median(day.cpu[name] for day in taken.days) for name in STAGES}
    costs["all layers"] = taken.total
    for name, seconds in taken.loops.items():
        costs[f"loop, {name}"] = median(seconds)
    show(
        f"{taken.days[0].updates:,} updates, the loops over {taken.looped:,} of them (same values)",
        ["CPU, medians of the rounds", "µs an update", "updates a second", "all layers are"],
        [
            [
                name,
                micros(cost),
                rate(cost),
                f"{cost / taken.total:.1f} x" if "loop" in name else "",
            ]
            for name, cost in costs.items()
        ],
    )


def show_memory(days: list[DayCost]) -> None:
    """Print the peak of resident memory of days of several sizes."""
    show(
        "A day of all layers in one process",
        ["updates", "µs CPU an update", "peak memory"],
        [[f"{day.updates:,}", micros(day.total), megabytes(day.peak)] for day in days],
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=100_000, help="updates of the day")
    parser.add_argument("--rounds", type=int, default=3, help="how often, for a median")
    parser.add_argument("--memory", type=int, default=1_000_000, help="updates of a larger day")
    return parser.parse_args()


if __name__ == "__main__":
    main()
