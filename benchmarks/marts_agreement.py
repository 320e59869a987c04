"""Whether both sides made the same marts, row by row, and the same facts for the report."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb
from agreement import DisagreementError
from marts_meter import Side
from pandas_side import PANDAS

from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.mart import Mart
from tg_pipeline.report.models import Health, ReportData

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DECIMALS: Final = 9
"""Digits behind the point of shares and seconds that must be the same."""


def compare(folder: Path, ours: Side, theirs: Side) -> dict[str, int]:
    """Give the rows of each mart, the same on both sides; raises DisagreementError."""
    _compare_facts(_known_to_both(ours.facts), _known_to_both(theirs.facts))
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        return {mart.name: _same_rows(connection, mart, folder) for mart in ALL_MARTS}


def _same_rows(connection: "DuckDBPyConnection", mart: Mart, folder: Path) -> int:
    days = "*/" if mart.is_daily else ""
    ours = connection.read_parquet(
        f"{folder}/lake/{mart.name}/{days}*.parquet", hive_partitioning=mart.is_daily
    )
    theirs = connection.read_parquet(f"{folder}/{PANDAS}/{mart.name}.parquet")
    columns = ", ".join(map(_comparable, ours.columns, map(str, ours.types)))
    ours.project(columns).create("ours")
    theirs.project(columns).create("theirs")
    ((rows, others, lacking),) = connection.execute(
        "SELECT (SELECT count(*) FROM ours), (SELECT count(*) FROM theirs), "
        "(SELECT count(*) FROM (FROM ours EXCEPT ALL FROM theirs))"
    ).fetchall()
    connection.execute("DROP TABLE ours; DROP TABLE theirs")
    if rows != others or lacking:
        raise DisagreementError(
            f"{mart.name}: {rows} rows, {others} with pandas, {lacking} not the same"
        )
    return int(rows)


def _comparable(name: str, kind: str) -> str:
    value = f'CAST("{name}" AS {kind})'
    return f'round({value}, {DECIMALS}) AS "{name}"' if kind == "DOUBLE" else f'{value} AS "{name}"'


def _compare_facts(one: ReportData, other: ReportData) -> None:
    for name, value in asdict(one).items():
        if _rounded(value) != _rounded(asdict(other)[name]):
            raise DisagreementError(
                f"the report's {name}: {getattr(one, name)!r}, with pandas {getattr(other, name)!r}"
            )


def _known_to_both(facts: ReportData) -> ReportData:
    """Give facts without what only the lake and the landing zone know of the data's health."""
    health = Health(gaps=facts.health.gaps, last_landed=facts.health.last_landed)
    return replace(facts, health=health)


def _rounded(value: object) -> object:
    match value:
        case float():
            return round(value, DECIMALS)
        case list() | tuple():
            return [_rounded(each) for each in value]
        case dict():
            return {name: _rounded(each) for name, each in value.items()}
    return value
