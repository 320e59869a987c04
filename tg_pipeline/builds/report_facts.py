"""What a report is made of, brought together from the landing zone and the lake."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from obstore.store import ObjectStore

from lambda_ingest.store import StoreError
from tg_pipeline.builds.marts import cumulative_marts_are_stale, days_with_stale_marts
from tg_pipeline.builds.report_health import health_days
from tg_pipeline.lake.landing_zone import iter_days
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.duckdb_engine import EngineError, create_view, open_engine
from tg_pipeline.marts.mart import is_daily
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.health import Health
from tg_pipeline.marts.report.period import DEFAULT_DAYS, Period
from tg_pipeline.marts.report.reading import Marts, read_facts, read_gaps, read_last_landed


@dataclass(frozen=True, slots=True)
class Subject:
    """What a report is about, and where it is told from."""

    landing: ObjectStore
    lake: Lake
    zone: str
    """The time zone that days and hours are counted in."""
    is_filtered: bool = False
    """Only some chats are kept."""


def last_days(lake: Lake, last: date | None = None, days: int = DEFAULT_DAYS) -> Period | None:
    """Give so many days up to `last`, by default the newest, or as many as there are in the lake.

    None for a lake without a day.
    """
    built = lake.days(ENRICHED_UPDATES.name)
    return Period.up_to(last or max(built), days).since(min(built)) if built else None


def gather(subject: Subject, period: Period | None = None) -> Facts | None:
    """Give the facts of a period, by default the last weeks; None for a lake without a day."""
    latest = last_days(subject.lake)
    if latest is None:
        return None
    chosen = period or latest
    try:
        with _tables(subject, chosen) as marts:
            return read_facts(marts, chosen, _health(subject, chosen, marts))
    except EngineError as error:
        raise StoreError(f"The marts can't be read: {error}") from error


def _health(subject: Subject, period: Period, marts: Marts) -> Health:
    return Health(
        days=health_days(subject.landing, subject.lake, period),
        gaps=read_gaps(marts, period),
        last_landed=read_last_landed(marts, period),
        first_day=min(subject.lake.days(ENRICHED_UPDATES.name)),
        are_marts_behind=_are_marts_behind(subject, period),
        is_filtered=subject.is_filtered,
    )


def _are_marts_behind(subject: Subject, period: Period) -> bool:
    days = list(iter_days(period.first, period.last))
    is_a_day_behind = bool(days_with_stale_marts(subject.lake, days, subject.zone))
    return is_a_day_behind or cumulative_marts_are_stale(subject.lake, subject.zone)


@contextmanager
def _tables(subject: Subject, period: Period) -> Iterator[Marts]:
    """Open the tables that are read."""
    with ExitStack() as stack:
        spill = stack.enter_context(tempfile.TemporaryDirectory(prefix="tg-report-"))
        engine = stack.enter_context(open_engine(Path(spill)))
        for table in (ENRICHED_UPDATES, *ALL_MARTS):
            days = _days(table, period)
            files = stack.enter_context(subject.lake.files(table.name, days))
            create_view(engine, table, files)
        yield Marts(engine, subject.zone)


def _days(table: Table, period: Period) -> list[date | None]:
    """Give the days of a table that the report reads: the period, and the one to compare with."""
    if not is_daily(table):
        return [None]
    # Of the updates themselves the period is enough, and the day before: its numbers go on.
    is_layer = table is ENRICHED_UPDATES
    first = period.first - timedelta(days=1) if is_layer else period.before().first
    return list(iter_days(first, period.last))
