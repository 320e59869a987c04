"""Cost of the layers, compared with the loop that a user would otherwise write.

python benchmarks/layers.py --updates 100000 --rounds 3 --memory 1000000
python benchmarks/layers.py --build-only 10000000
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Final

from lib.days import LAYERS, DayCost, Place, build_day, land_and_build, land_day, temporary_place
from lib.loops import compare, table_of_all_rows, table_per_row
from lib.measure import run_fresh
from lib.output import megabytes, micros, per_second, show, spinner

LOOP_LINES: Final = 10_000
"""Lines that the loop reads: a part of the day, since it is slow."""

LOOPS: Final = {"a table per row": table_per_row, "one table of all rows": table_of_all_rows}


@dataclass(slots=True)
class Rounds:
    """The costs of each round."""

    days: list[DayCost] = field(default_factory=list)
    loops: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in LOOPS})
    """Seconds of CPU per update, by loop."""
    looped: int = 0
    """Updates that each loop read."""

    @property
    def total(self) -> float:
        """Seconds of CPU per update for all layers, at the median."""
        return median([day.total for day in self.days])


def main() -> None:
    """Measure and print."""
    options = _options()
    if options.build_only:
        show_day(land_and_build(options.build_only))
        return
    rounds = Rounds()
    with temporary_place() as place:
        run_fresh(land_day, place, options.updates)
        with spinner() as announce:
            for number in range(1, options.rounds + 1):
                measure_round(place, rounds, partial(_announce, announce, number))
    show_costs(rounds)
    largest = max(rounds.days, key=lambda day: day.peak)
    show_memory([largest, land_and_build(options.memory)])


def measure_round(place: Place, rounds: Rounds, announce: Callable[[str], None]) -> None:
    """Build the day and run each loop; raise DisagreementError if they differ."""
    rounds.days.append(build_day(place, announce))
    target = place.folder / "loop.parquet"
    for name, loop in LOOPS.items():
        announce(f"loop, {name}")
        done = run_fresh(loop, place.landed, LOOP_LINES, target)
        rounds.looped = done.result
        rounds.loops[name].append(done.cpu / done.result)
        run_fresh(compare, place, target)


def show_costs(rounds: Rounds) -> None:
    """Print the CPU per update of each layer, of all layers, and of the loops: medians."""
    costs = {name: median(day.cpu[name] for day in rounds.days) for name in LAYERS}
    costs["all layers"] = rounds.total
    ratios = {}
    for name, seconds in rounds.loops.items():
        costs[f"loop, {name}"] = median(seconds)
        ratios[f"loop, {name}"] = f"{median(seconds) / rounds.total:.1f} x cheaper"
    updates = f"{rounds.days[0].updates:,} updates"
    show(
        f"{updates}, the loops over {rounds.looped:,} of them (same values)",
        ["CPU, medians of the rounds", "µs per update", "updates per second", "all layers are"],
        [
            [name, micros(cost), per_second(cost), ratios.get(name, "")]
            for name, cost in costs.items()
        ],
    )


def show_memory(days: list[DayCost]) -> None:
    """Print the peak of resident memory of days of several sizes."""
    show(
        "A day of all layers in one process",
        ["updates", "µs CPU per update", "peak memory"],
        [[f"{day.updates:,}", micros(day.total), megabytes(day.peak)] for day in days],
    )


def show_day(day: DayCost) -> None:
    """Print the cost of one day by layer."""
    costs = {**day.cpu, "all layers": day.total}
    show(
        f"{day.updates:,} updates, peak memory {megabytes(day.peak)}",
        ["layer", "µs CPU per update"],
        [[name, micros(cost)] for name, cost in costs.items()],
    )


def _announce(announce: Callable[[str], None], number: int, text: str) -> None:
    announce(f"round {number}: {text}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=100_000, help="updates of the day")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions, for a median")
    parser.add_argument("--memory", type=int, default=1_000_000, help="updates of a larger day")
    parser.add_argument("--build-only", type=int, metavar="UPDATES", help="one day, without loops")
    return parser.parse_args()


if __name__ == "__main__":
    main()
