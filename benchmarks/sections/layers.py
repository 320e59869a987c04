"""Cost of the layers, compared with what one would otherwise write; and by the size of a day."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from lib.alternatives.loops import compare, count_updates, table_of_all_rows, table_per_row
from lib.days import DayCost, Place, build_day, land_day, temporary_place
from lib.measure import FreshProcess, run_fresh
from lib.table import Cost, Row, paired
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES

UPDATES: Final = 100_000

LOOP_LINES: Final = 10_000
"""Lines that the slowest loop reads: a part of the day."""

ALL_LAYERS: Final = f"landed → raw → deduped → enriched, {len(ENRICHED_UPDATES.schema)} columns"

ROW_BY_ROW: Final = "`json.loads`, a one-row table each, concat"
AT_ONCE: Final = "`json.loads`, one table"
POLARS: Final = "polars: `read_ndjson`, 20 columns"
DUCKDB: Final = "DuckDB: `read_json`, 20 columns"


def measure_layers(others: Path, rounds: int, announce: Callable[[str], None]) -> list[Row]:
    """Return the cost of all layers, and of each alternative, over the same objects."""
    ours: list[Cost] = []
    found: dict[str, list[Cost]] = {name: [] for name in (ROW_BY_ROW, AT_ONCE, POLARS, DUCKDB)}
    with temporary_place() as place:
        announce(f"landing {UPDATES:,} updates")
        run_fresh(land_day, place, UPDATES)
        for number in range(1, rounds + 1):
            announce(f"round {number}: all layers")
            ours.append(_total(build_day(place)))
            for name, costs in found.items():
                announce(f"round {number}: {name}")
                costs.append(_alternative(name, place, others))
    return [paired(ALL_LAYERS, "µs", ours, name, costs) for name, costs in found.items()]


def measure_sizes(sizes: list[int], announce: Callable[[str], None]) -> list[Row]:
    """Return the cost of all layers by the number of updates of a day."""
    costs = {}
    for updates in sizes:
        with temporary_place() as place:
            announce(f"landing {updates:,} updates")
            run_fresh(land_day, place, updates)
            announce(f"building {updates:,} updates")
            costs[updates] = [_total(build_day(place))]
    first, *larger = sizes
    return [
        paired(
            f"all layers, {updates:,} updates a day",
            "µs",
            costs[updates],
            f"{first:,} updates a day",
            costs[first],
        )
        for updates in larger
    ]


def _total(day: DayCost) -> Cost:
    return Cost(day.total, day.peak)


def _alternative(name: str, place: Place, others: Path) -> Cost:
    """Return the cost per update; raise DisagreementError if the result is not the product's."""
    target = place.folder / "other.parquet"
    with FreshProcess(others) as process:
        if name == ROW_BY_ROW:
            done = process.run(table_per_row, place.landed, LOOP_LINES, target)
        elif name == AT_ONCE:
            done = process.run(table_of_all_rows, place.landed, None, target)
        else:
            function = "with_polars" if name == POLARS else "with_duckdb"
            done = process.call("lib.alternatives.flat_by_columns", function, place.landed, target)
        # The slowest loop reads a part of the day, so its peak is not comparable.
        peak = None if name == ROW_BY_ROW else process.peak()
    if name in {ROW_BY_ROW, AT_ONCE}:
        run_fresh(compare, place, target)
    else:
        run_fresh(count_updates, place, target)
    return Cost(done.cpu / done.result, peak)
