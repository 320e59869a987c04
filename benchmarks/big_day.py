"""A day of ten million updates, landed in batches and built once through all layers.

python benchmarks/big_day.py --updates 10000000
"""

import argparse

from screen import megabytes, micros, show
from stages import land_and_build


def main() -> None:
    """Land, build, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=10_000_000, help="updates of the day")
    day = land_and_build(parser.parse_args().updates)
    costs = {**day.cpu, "all layers": day.total}
    show(
        f"{day.updates:,} updates, peak memory {megabytes(day.peak)}",
        ["layer", "µs CPU an update"],
        [[name, micros(cost)] for name, cost in costs.items()],
    )


if __name__ == "__main__":
    main()
