"""Cost of all marts and the report over a million messages, and of `messages` with pandas.

python benchmarks/marts.py --rounds 3
"""

import argparse
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

# Modules that are imported only when they are first used: imports are not measured.
import duckdb
import pyarrow as pa

import tg_pipeline.questions.clustering  # noqa: F401
from lambda_ingest.store import open_store
from lib.days import temporary_place
from lib.loops import DisagreementError
from lib.measure import FreshProcess, StageCosts, Stopwatch, run_fresh
from lib.month import COMMUNITIES, DAYS, PER_DAY, PERIOD, ZONE, Month, make_month
from lib.output import megabytes, show, spinner
from lib.pandas_marts import FINDING, PANDAS_MARTS, READING, build_with_pandas
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.report import ReportSource, load_report_data
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.marts.catalog import ALL_MARTS, CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.marts.mart import Mart, MartParameters
from tg_pipeline.questions import find_questions
from tg_pipeline.report.report import render_report

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DATA: Final = "the report's data"
PAGE: Final = "the report's page"
DAILY: Final = [mart.name for mart in DAILY_MARTS]
CUMULATIVE: Final = [mart.name for mart in CUMULATIVE_MARTS]
QUERIES: Final = [*DAILY, *CUMULATIVE, DATA]

STAGES: Final = {name: [name] for name in (READING, *QUERIES)} | {
    "messages, with what it reads": [READING, *PANDAS_MARTS],
    "daily marts": DAILY,
    "cumulative marts": CUMULATIVE,
    "all queries": QUERIES,
    FINDING: [FINDING],
    PAGE: [PAGE],
    "all": [*QUERIES, FINDING, PAGE],
}
"""Rows of the table, and the stages that each adds up."""

COMPARED: Final = {READING, FINDING, *PANDAS_MARTS, "messages, with what it reads"}
"""Rows that both sides have; to read the updates is part of each of our queries."""

DECIMALS: Final = 9
"""Digits of shares and seconds that must be equal."""


class Cost(NamedTuple):
    """The cost of one side in one round."""

    stages: StageCosts
    peak: int
    """Peak resident memory in bytes."""

    def cpu(self, stages: list[str]) -> float:
        """Return the CPU seconds of some stages together."""
        return sum(self.stages.cpu.get(stage, 0) for stage in stages)


class Round(NamedTuple):
    """The cost of both sides, measured one after the other."""

    ours: Cost
    pandas: Cost


def main() -> None:
    """Measure and print."""
    options = _options()
    with temporary_place() as place, spinner() as announce:
        announce("generating a month of messages")
        month = Month(options.communities, options.per_day)
        updates = run_fresh(make_month, place.lake_uri, month).result
        rounds = [
            measure_round(place.folder, partial(_announce, announce, number))
            for number in range(1, options.rounds + 1)
        ]
        announce("comparing")
        rows = run_fresh(compare, place.folder).result
    show_costs(rounds, rows, updates)
    show_totals(rounds)


def measure_round(folder: Path, announce: Callable[[str], None]) -> Round:
    """Build everything on both sides from scratch, each side in a process of its own."""
    for mart in ALL_MARTS:
        shutil.rmtree(folder / "lake" / mart.name, ignore_errors=True)
    announce("ours")
    ours = _measure(build_ours, folder)
    announce("pandas")
    paths = (folder / "lake", folder / "pandas")
    return Round(ours, _measure(build_with_pandas, *paths, ZONE.key))


def build_ours(folder: Path) -> StageCosts:
    """Build all marts of the lake in `folder`, and the report."""
    stopwatch, lake = Stopwatch(), Lake((folder / "lake").as_uri())
    days = lake.days(ENRICHED_UPDATES.name)
    with mart_builder(lake, MartParameters(ZONE.key)) as builder:
        for mart in ALL_MARTS:
            with stopwatch.stage(mart.name):
                builder.build_days(_measured(mart, stopwatch), days if mart.is_daily else [None])
    with stopwatch.stage(DATA):
        landing = open_store((folder / "landing").as_uri())
        data = load_report_data(
            ReportSource(landing, lake, MartParameters(ZONE.key), LayerParameters(ZONE.key)), PERIOD
        )
    with stopwatch.stage(PAGE):
        render_report(data, "en")
    return stopwatch.costs()


def compare(folder: Path) -> dict[str, int]:
    """Return the rows of the compared marts; raise DisagreementError if the sides differ."""
    marts = {mart.name: mart for mart in ALL_MARTS}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        return {name: _equal_rows(connection, marts[name], folder) for name in PANDAS_MARTS}


def show_costs(rounds: list[Round], rows: dict[str, int], updates: int) -> None:
    """Print the CPU of each query, and of all: medians of the rounds."""
    show(
        f"{rows['messages']:,} messages in {updates:,} updates of {DAYS} days",
        ["CPU seconds, medians of the rounds", "ours", "pandas (same rows)", "pandas takes"],
        [[name, *_costs(rounds, name, stages)] for name, stages in STAGES.items()],
    )


def show_totals(rounds: list[Round]) -> None:
    """Print the median wall-clock time, and the peak memory of all rounds."""
    sides = {"ours: all marts, the report": 0, f"pandas: {', '.join(PANDAS_MARTS)}": 1}
    rows = []
    for name, side in sides.items():
        costs = [each[side] for each in rounds]
        wall, peak = median(cost.stages.wall for cost in costs), max(cost.peak for cost in costs)
        rows.append([name, f"{wall:.1f}", megabytes(peak)])
    show("From the updates to the result, in one process", ["", "seconds", "peak memory"], rows)


def _measure(build: Callable[..., StageCosts], *args: object) -> Cost:
    with FreshProcess() as process:
        return Cost(process.run(build, *args).result, process.peak())


def _measured(mart: Mart, stopwatch: Stopwatch) -> Mart:
    """Return a mart whose step is measured separately from its query."""

    def step(messages: pa.Table) -> pa.Table:
        with stopwatch.stage(FINDING):
            return find_questions(messages)

    return replace(mart, post_process=step) if mart.post_process else mart


def _equal_rows(connection: "DuckDBPyConnection", mart: Mart, folder: Path) -> int:
    ours = connection.read_parquet(f"{folder}/lake/{mart.name}/*.parquet")
    pandas = connection.read_parquet(f"{folder}/pandas/{mart.name}.parquet")
    # Columns that are merely passed through are left out with pandas.
    types = zip(ours.columns, map(str, ours.types), strict=True)
    columns = ", ".join(_comparable(*each) for each in types if each[0] in pandas.columns)
    ours.project(columns).create("ours")
    pandas.project(columns).create("pandas")
    ((rows, others, missing),) = connection.execute(
        "SELECT (SELECT count(*) FROM ours), (SELECT count(*) FROM pandas), "
        "(SELECT count(*) FROM (FROM ours EXCEPT ALL FROM pandas))"
    ).fetchall()
    connection.execute("DROP TABLE ours; DROP TABLE pandas")
    if rows != others or missing:
        raise DisagreementError(f"{mart.name}: {rows} rows, {others} with pandas, {missing} differ")
    return int(rows)


def _comparable(name: str, kind: str) -> str:
    value = f'CAST("{name}" AS {kind})'
    return f'round({value}, {DECIMALS}) AS "{name}"' if kind == "DOUBLE" else f'{value} AS "{name}"'


def _costs(rounds: list[Round], name: str, stages: list[str]) -> list[str]:
    ours, pandas = (median(cost.cpu(stages) for cost in side) for side in zip(*rounds, strict=True))
    if name not in COMPARED:
        return [f"{ours:.2f}", "", ""]
    ratio = f"{pandas / ours:.1f} x" if ours else ""
    return [f"{ours:.2f}" if ours else "", f"{pandas:.2f}", ratio]


def _announce(announce: Callable[[str], None], number: int, text: str) -> None:
    announce(f"round {number}: {text}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--communities", type=int, default=COMMUNITIES)
    parser.add_argument("--per-day", type=int, default=PER_DAY, help="updates of a community")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions, for a median")
    return parser.parse_args()


if __name__ == "__main__":
    main()
