"""Cost of the marts of 300,000 messages, and of `messages` with pandas and DuckDB alone."""

import shutil
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

import tg_pipeline.questions.clustering  # noqa: F401 - imports are not measured
from lib.alternatives.loops import DisagreementError
from lib.days import ZONE, Place, temporary_place
from lib.lakes import LARGE, MONTH, build_mart, link_days, make_lakes
from lib.measure import FreshProcess, Measured, run_fresh
from lib.table import Cost, Row, alone, paired
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.cumulative import MESSAGES
from tg_pipeline.marts.mart import Mart, MartParameters

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PARAMETERS: Final = MartParameters(ZONE.key)

DECIMALS: Final = 9
"""Digits of shares and seconds that must be equal."""

PANDAS: Final = "pandas: whole columns"
DUCKDB: Final = "DuckDB: one query, one file"

QUERY: Final = Path(__file__).parents[1] / "lib" / "alternatives" / "messages.sql"
"""The mart as a script has it: of all messages, whenever they were sent."""


def measure_marts(
    folder: Path, last: date, others: Path, rounds: int, announce: Callable[[str], None]
) -> list[Row]:
    """Return the cost of `messages` on each side, which have equal rows, and of all marts."""
    month = make_lakes(folder, LARGE, [MONTH], last, announce)[MONTH]
    ours: list[Cost] = []
    found: dict[str, list[Cost]] = {PANDAS: [], DUCKDB: []}
    every = []
    with temporary_place() as place:
        link_days(month, place, last - timedelta(days=MONTH))
        for number in range(1, rounds + 1):
            announce(f"round {number}: all marts")
            every.append(_build(place, ALL_MARTS))
            announce(f"round {number}: messages")
            ours.append(_build(place, [MESSAGES]))
            for name, costs in found.items():
                announce(f"round {number}: {name}")
                costs.append(_alternative(name, place, others))
                if number == 1:
                    run_fresh(compare, place.folder, name)
    what = "the mart `messages` of a month of 300,000"
    return [
        *(paired(what, "s", ours, name, costs) for name, costs in found.items()),
        alone(f"all {len(ALL_MARTS)} marts of that month", "s", every),
    ]


def build(place: Place, names: Sequence[str]) -> None:
    """Build marts of the lake of a place; a mart itself is another one in another process."""
    lake = Lake(place.lake_uri)
    days = lake.days(ENRICHED_UPDATES.name)
    with mart_builder(lake, PARAMETERS) as builder:
        for mart in ALL_MARTS:
            if mart.name in names:
                build_mart(builder, mart, days)


def build_with_duckdb(place: Place) -> None:
    """Make the mart of all messages by one query, and write one file."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        layer = connection.read_parquet(f"{place.folder}/lake/enriched_updates/*/*.parquet")
        layer.create_view("enriched_updates")
        messages = connection.sql(QUERY.read_text("utf-8"), params={"timezone": ZONE.key})
        messages.write_parquet(str(_written(place.folder, DUCKDB)))


def compare(folder: Path, name: str) -> int:
    """Return the rows of `messages`; raise DisagreementError if another side has others."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        return _equal_rows(connection, folder, name)


def _build(place: Place, marts: Sequence[Mart]) -> Cost:
    for folder in (place.folder / "lake").iterdir():
        if folder.name != ENRICHED_UPDATES.name:
            shutil.rmtree(folder)
    with FreshProcess() as process:
        return _cost(process.run(build, place, [mart.name for mart in marts]), process)


def _alternative(name: str, place: Place, others: Path) -> Cost:
    if name == DUCKDB:
        with FreshProcess() as process:
            return _cost(process.run(build_with_duckdb, place), process)
    with FreshProcess(others) as process:
        target = _written(place.folder, name)
        done = process.call(
            "lib.alternatives.pandas_marts",
            "build_messages",
            place.folder / "lake",
            target,
            ZONE.key,
        )
        return _cost(done, process)


def _cost(done: Measured[None], process: FreshProcess) -> Cost:
    return Cost(done.cpu, process.peak())


def _written(folder: Path, name: str) -> Path:
    return folder / f"{name.partition(':')[0]}.parquet"


def _equal_rows(connection: "DuckDBPyConnection", folder: Path, name: str) -> int:
    ours = connection.read_parquet(f"{folder}/lake/{MESSAGES.name}/**/*.parquet")
    other = connection.read_parquet(str(_written(folder, name)))
    # Columns that are merely passed through are left out with pandas.
    types = zip(ours.columns, map(str, ours.types), strict=True)
    columns = ", ".join(_comparable(*each) for each in types if each[0] in other.columns)
    ours.project(columns).create("ours")
    other.project(columns).create("other")
    ((rows, others, missing),) = connection.execute(
        "SELECT (SELECT count(*) FROM ours), (SELECT count(*) FROM other), "
        "(SELECT count(*) FROM (FROM ours EXCEPT ALL FROM other))"
    ).fetchall()
    if rows != others or missing:
        raise DisagreementError(f"{rows} messages, {others} with {name}, {missing} differ")
    return int(rows)


def _comparable(name: str, kind: str) -> str:
    value = f'CAST("{name}" AS {kind})'
    return f'round({value}, {DECIMALS}) AS "{name}"' if kind == "DOUBLE" else f'{value} AS "{name}"'
