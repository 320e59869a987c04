"""Read the report's data from the landing zone and the lake, and publish its pages."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo

import obstore
from obstore.store import ObjectStore

from lambda_ingest.store import StoreError
from tg_pipeline.builds.layers import KnownIds, read_known_ids
from tg_pipeline.builds.mart_sources import cumulative_marts_are_stale, days_with_stale_marts
from tg_pipeline.builds.monitoring.completeness import RESTART, DayIds, missing_ids
from tg_pipeline.builds.monitoring.outside_days import PartitionRange, find_outside_days
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.selection import (
    SELECTION_TABLES,
    Selection,
    first_day,
    read_subjects,
    select_updates,
)
from tg_pipeline.builds.staleness import DayState, day_states
from tg_pipeline.lake.footers import Footers
from tg_pipeline.lake.partitions import Lake, Month, PartitionName
from tg_pipeline.landing.zone import EPOCH, iter_days
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE
from tg_pipeline.layers.schema import Table
from tg_pipeline.layers.update_ids import decode_update_ids
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.duckdb_engine import EngineError, create_view, open_engine
from tg_pipeline.marts.mart import MartParameters, TableGrain, grain_of
from tg_pipeline.report.drawing.vega_bundle import bundle_name, bundle_vega
from tg_pipeline.report.models import (
    DEFAULT_DAYS,
    Gap,
    Health,
    HealthDay,
    Period,
    ReportData,
    UnprocessedDays,
)
from tg_pipeline.report.queries import (
    REPORT_TABLES,
    Marts,
    read_report_data,
)
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import retry
from tg_pipeline.temp_folders import temp_dir

REPORT: Final = "report"
"""The asset, and its folder in the lake."""

STATE_KEY: Final = f"{REPORT}/built_from"
"""The object that says what the published pages were made from."""

CONTENT_TYPE: Final = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class ReportSource:
    """The stores that a report or a digest is read from, and how their data is counted."""

    landing: ObjectStore
    lake: Lake
    parameters: MartParameters
    """The parameters that the marts are built with."""
    layer_parameters: LayerParameters
    """The parameters that the layers are built with."""
    is_filtered: bool = False
    """Only selected chats are stored."""
    today: date | None = None
    """The current day, which is not over; None if all days are over."""
    start_date: date = date.min
    """The first day that has a partition."""


def latest_period(
    built: Collection[date], last: date | None = None, days: int = DEFAULT_DAYS
) -> Period | None:
    """Return the days up to `last`, by default the newest, clipped to the start of the lake.

    `built` are the days of enriched_updates; None if there are none.
    """
    return Period.ending(last or max(built), days).clip_start(min(built)) if built else None


@contextmanager
def open_marts(
    source: ReportSource,
    period: Period | None,
    names: Collection[str],
    of_all_days: Collection[str] = (),
) -> Iterator[Marts]:
    """Open tables in DuckDB, with the days of a period and of the previous one.

    Those `of_all_days`, and without a period all of them, have all their days. Raises StoreError,
    and EngineError for what is done with them.
    """
    with ExitStack() as stack:
        engine = stack.enter_context(open_engine(stack.enter_context(temp_dir())))
        for table in (ENRICHED_UPDATES, *ALL_MARTS):
            if table.name in names:
                span = None if table.name in of_all_days else period
                days = _days_to_read(source.lake, table, span)
                files = stack.enter_context(source.lake.files(table.name, days))
                create_view(engine, table, files)
        yield Marts(engine, source.parameters.timezone)


def load_report_data(
    source: ReportSource,
    period: Period | None = None,
    selection: Selection | None = None,
    footers: Footers | None = None,
) -> ReportData | None:
    """Read the data of a period, by default the latest one; None if the lake is empty.

    With a selection, only updates of that bot or chat are counted. `footers` are those of the lake,
    as far as they were read before. Raises StoreError, and NothingSelectedError if the lake has
    none of what is selected.
    """
    footers = footers or Footers(source.lake)
    latest = latest_period(source.lake.days(ENRICHED_UPDATES.name))
    if latest is None:
        return None
    chosen = period or latest
    try:
        names = SELECTION_TABLES if selection else REPORT_TABLES
        with open_marts(source, None if selection else chosen, names) as marts:
            if selection is not None:
                begin = first_day(marts.connection, selection)
                shown = chosen if period else chosen.clip_start(begin)
                # The state of the data is that of all bots and chats, so it is read first.
                health = replace(_health(source, shown, footers), first_day=begin)
                return _read_selected(source, marts, selection, shown, health)
            return read_report_data(marts, chosen, _health(source, chosen, footers), source.today)
    except EngineError as error:
        # Marts of an earlier version may lack columns.
        hint = (
            " tg-pipeline run brings them up to date."
            if are_marts_behind(source, chosen, footers)
            else ""
        )
        raise StoreError(f"The marts can't be read: {error}{hint}") from error


def _read_selected(
    source: ReportSource, marts: Marts, selection: Selection, period: Period, health: Health
) -> ReportData:
    """Read the data of a bot or chat."""
    bot, chat = read_subjects(marts.connection, selection)
    select_updates(marts.connection, selection, source.parameters)
    data = read_report_data(marts, period, health, source.today)
    return replace(data, bot=bot, chat=chat)


def are_marts_behind(source: ReportSource, period: Period, footers: Footers) -> bool:
    """Return whether a mart of the period or of all days is stale; raises StoreError."""
    days, floors = list(iter_days(period.first, period.last)), source.layer_parameters.floors
    is_a_day_behind = bool(days_with_stale_marts(footers, days, source.parameters, floors))
    return is_a_day_behind or cumulative_marts_are_stale(footers, source.parameters)


def page_key(language: str) -> str:
    """Return the key of the page in a language, such as `en`."""
    return f"{REPORT}/report.{language}.html"


def read_vega(lake: Lake) -> str:
    """Return the script that draws the report's charts; the lake keeps it.

    To bundle it takes two seconds, most of what a page takes. Raises StoreError.
    """
    key = f"{REPORT}/{bundle_name()}"
    with suppress(FileNotFoundError), translate_errors(lake.store):
        return bytes(retry(lambda: obstore.get(lake.store, key).bytes())).decode()
    script = bundle_vega()
    # Who may not write to the lake bundles it each time.
    with suppress(StoreError, PermissionError):
        lake.put(key, script.encode())
    return script


def publish_page(lake: Lake, language: str, html: str) -> int:
    """Write a page to the lake, replacing the previous one at once; return its size in bytes."""
    body = html.encode()
    # Browsers need the content type from a bucket; a disk can't store one.
    attributes = {"Content-Type": CONTENT_TYPE}
    lake.put(page_key(language), body, attributes)
    return len(body)


def report_state(source: ReportSource, due: date, footers: Footers | None = None) -> str:
    """Return a text that changes with the tables that the report is made from, and with the day.

    `due` is the last day whose nightly run was due. Raises StoreError.
    """
    footers, digest = footers or Footers(source.lake), hashlib.sha256(due.isoformat().encode())
    if period := latest_period(source.lake.days(ENRICHED_UPDATES.name)):
        for table in _report_tables():
            names = _days_to_read(source.lake, table, period)
            for name, footer in zip(names, footers.footers(table.name, names), strict=True):
                digest.update(f"\n{table.name} {name} {footer and footer.fingerprint}".encode())
    return digest.hexdigest()


def is_report_current(source: ReportSource, due: date, footers: Footers | None = None) -> bool:
    """Return whether the published pages are of the present tables and day; raises StoreError."""
    try:
        with translate_errors(source.lake.store):
            stored = bytes(retry(lambda: obstore.get(source.lake.store, STATE_KEY).bytes()))
    except FileNotFoundError:
        return False
    return stored == report_state(source, due, footers).encode()


def write_report_state(lake: Lake, state: str) -> None:
    """Record what the published pages were made from, once all of them are written."""
    lake.put(STATE_KEY, state.encode())


def _report_tables() -> Iterator[Table]:
    return (mart for mart in ALL_MARTS if mart.name in REPORT_TABLES)


def _health(source: ReportSource, period: Period, footers: Footers) -> Health:
    parameters = source.layer_parameters
    days = iter_days(period.first, period.last)
    states = day_states(source.landing, source.lake, days, parameters, footers)
    known = read_known_ids(source.lake, parameters.floors, footers)
    landed = newest_arrival(states)
    return Health(
        days=[_health_day(state) for state in states],
        gaps=count_missing(known, period),
        last_landed=landed.astimezone(ZoneInfo(source.parameters.timezone)) if landed else None,
        first_day=min(footers.days(ENRICHED_UPDATES.name)),
        are_marts_behind=are_marts_behind(source, period, footers),
        is_filtered=source.is_filtered,
        has_no_texts=source.layer_parameters.personal_data.drops_text,
        has_pseudonyms=source.layer_parameters.personal_data.has_pseudonyms,
        kept_since=source.layer_parameters.floors.enriched,
        unprocessed=_unprocessed(source),
    )


def count_missing(known: KnownIds, period: Period) -> list[Gap]:
    """Return the number of update ids that are missing before the updates of each bot and day.

    Where the numbering may have restarted, none is missing.
    """
    found: Counter[tuple[date, int]] = Counter()
    history = [DayIds(day, ids) for day, ids in known.ids.by_day.items()]
    for each in missing_ids(history):
        if each.before in period and each.before - each.after < RESTART:
            found[each.before, each.bot_id] += each.last - each.first + 1
    return [Gap(bot_id, day, found[day, bot_id]) for day, bot_id in sorted(found)]


def newest_arrival(states: Iterable[DayState]) -> datetime | None:
    """Return when the newest row of enriched_updates of some days arrived, in UTC."""
    texts = filter(None, (state.layers[ENRICHED_UPDATES.name].update_ids for state in states))
    bots = chain.from_iterable(decode_update_ids(text).values() for text in texts)
    newest = max((ids.last_received_at for ids in bots), default=None)
    return None if newest is None else EPOCH + timedelta(microseconds=newest)


def _unprocessed(source: ReportSource) -> list[UnprocessedDays]:
    """Return the landed days that have no partition."""
    floors = source.layer_parameters.floors
    partitions = PartitionRange(source.start_date, source.today or date.max, floors)
    return [
        UnprocessedDays(found.first, found.last, found.objects)
        for found in find_outside_days(source.landing, source.lake, partitions)
        if found.is_failure
    ]


def _health_day(state: DayState) -> HealthDay:
    deduped = state.layers[DEDUPED_UPDATES.name]
    return HealthDay(
        day=state.day,
        landed=state.objects,
        updates=deduped.rows,
        quarantined=state.layers[QUARANTINE.name].rows,
        duplicates=deduped.duplicates,
        is_missing=state.has_something and not state.is_complete,
        is_late=state.is_complete and not state.is_current,
    )


def _days_to_read(lake: Lake, table: Table, period: Period | None) -> Sequence[PartitionName]:
    """Return a table's partitions for a period and the previous one; all without a period."""
    if grain_of(table) is TableGrain.WHOLE:
        return [None]
    if grain_of(table) is TableGrain.MONTH:
        first, last = (period.previous().first, period.last) if period else (date.min, date.max)
        months = lake.months(table.name)
        return [month for month in months if Month.of(first) <= month <= Month.of(last)]
    if period is None:
        return lake.days(table.name)
    return list(iter_days(period.previous().first, period.last))
