"""`tg-pipeline run`: builds days through Dagster, so that its history has the runs."""

from collections.abc import Callable, Collection
from datetime import date, datetime
from functools import partial
from time import perf_counter
from typing import Annotated, Final

import typer

from lambda_ingest.landing import MAX_AGE
from tg_pipeline.builds.layers import read_known_ids
from tg_pipeline.builds.mart_sources import cumulative_marts_are_stale, days_with_stale_marts
from tg_pipeline.builds.monitoring.outside_days import PartitionRange, find_outside_days
from tg_pipeline.builds.monitoring.status import name_problems
from tg_pipeline.builds.parameters import layer_parameters, mart_parameters
from tg_pipeline.builds.raw_updates import record_unaffected_days
from tg_pipeline.builds.staleness import (
    ONE_DAY,
    DayState,
    affected_days,
    day_states,
    known_days,
    stale_days,
)
from tg_pipeline.cli.console import out
from tg_pipeline.cli.context import (
    check_lake,
    check_landing,
    open_lake,
    open_landing,
    parse_day,
    parse_span,
    warn,
)
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.floors import TableGroup
from tg_pipeline.lake.footers import Footers
from tg_pipeline.lake.landing_state import PREFIX as LISTED
from tg_pipeline.landing.zone import iter_days
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.settings import Settings, load_settings
from tg_pipeline.storage.object_io import abort_uploads

MAX_ROUNDS: Final = 3
"""A day that a build makes stale is built in the second round; what lands during it, in the third.
"""

Day = Annotated[str | None, typer.Option("--date", help="One day: YYYY-MM-DD, today, yesterday.")]
First = Annotated[str | None, typer.Option("--from", help="First day of a range.")]
Last = Annotated[str | None, typer.Option("--to", help="Last day of a range.")]
Full = Annotated[bool, typer.Option("--full", help="Read all landed objects again.")]


def run(day: Day = None, first: First = None, last: Last = None, full: Full = False) -> None:
    """Build a day, a range, or every day with new updates; then the marts."""
    settings = load_settings()
    fmt = Formatter(settings.language)
    if full and day is None and first is None:
        raise CommandError("--full reads days again: name them with --date, or --from and --to.")
    is_open = day is None and first is None
    states: list[DayState] = []
    footers = Footers(open_lake(settings))
    days = _asked_days(settings, day, first, last, states, footers)
    for problem in name_problems(open_landing(settings), states, fmt):
        warn(problem.message)
    warn_of_outside_days(settings)
    if not days and not are_cumulative_marts_stale(settings, footers):
        out.print(fmt.messages.builds.nothing_new)
        return
    _check_partitions(days, settings)
    prepare_stores(settings)
    if full:
        _check_landed_objects_are_kept(days, settings)
    build(days, partial(next_days, settings) if is_open else lambda _: [], fmt, full=full)


def build(
    days: list[date],
    scan: Callable[[Collection[date]], list[date]],
    fmt: Formatter,
    *,
    full: bool = False,
    quarantined: bool = False,
    wants_report: Callable[[], bool] = lambda: False,
) -> None:
    """Build days, then those that `scan` finds stale after what was built, and say what was built.

    A build may make other days stale, and updates land meanwhile. With `full`, all landed objects
    are read again; with `quarantined`, those of the first days that have unreadable lines. The
    report is written after the marts if `wants_report()` says so. Raises CommandError, which names
    the days that failed, once all others are built.
    """
    # Dagster takes a second to import: only commands that need it pay for it.
    from tg_pipeline.cli.builds.materialize import BuildFailedError, materialize  # noqa: PLC0415

    started = perf_counter()
    built: set[date] = set()
    failed: dict[date | str, str] = {}
    for _ in range(MAX_ROUNDS):
        # The tables over all days are built again in each round.
        failed = {each: reason for each, reason in failed.items() if isinstance(each, date)}
        try:
            materialize(
                days,
                full=full,
                quarantined=quarantined and not built,
                wants_report=wants_report,
            )
        except BuildFailedError as error:
            failed |= error.reasons
        built.update(days)
        days = [day for day in scan(built) if day not in failed]
        if not days:
            break
    if failed:
        raise BuildFailedError(failed)
    seconds, texts = fmt.number(perf_counter() - started, 1), fmt.messages.builds
    if built:
        span = {"first": min(built), "last": max(built)}
        out.print(fmt.plural(len(built), texts.built, **span, seconds=seconds))
    else:
        out.print(texts.built_marts.format(seconds=seconds))
    if days:
        warn(fmt.plural(len(days), texts.changed, first=days[0], last=days[-1]))


def next_days(settings: Settings, built: Collection[date]) -> list[date]:
    """Return the days before today that are stale after some were `built`; raises StoreError.

    Only those are compared that these builds may affect, and those that the network may have
    brought updates of meanwhile. What landed by hand on another day is built by the next run.
    """
    today = datetime.now(settings.zone).date()
    floors = layer_parameters(settings, open_landing(settings)).floors
    affected = affected_days(built, read_known_ids(open_lake(settings), floors))
    recent = iter_days(today - MAX_AGE - ONE_DAY, today)
    among = {day for day in {*affected, *recent} if day < today}
    return changed_days(settings, today, among=among)


def prepare_stores(settings: Settings) -> None:
    """Check that both stores can be listed, and remove what killed builds left in them."""
    check_landing(settings)
    check_lake(settings)
    for store in (open_landing(settings), open_lake(settings).store):
        abort_uploads(store)


def warn_of_outside_days(settings: Settings) -> None:
    """Warn of landed days that have no partition."""
    landing = open_landing(settings)
    floors = layer_parameters(settings, landing).floors
    partitions = PartitionRange(settings.start_date, datetime.now(settings.zone).date(), floors)
    for found in find_outside_days(landing, open_lake(settings), partitions):
        warn(found.describe(settings.language))


def _asked_days(
    settings: Settings,
    day: str | None,
    first: str | None,
    last: str | None,
    states: list[DayState],
    footers: Footers,
) -> list[date]:
    today = datetime.now(settings.zone).date()
    span = parse_span(first, last, today)
    if day is not None and span:
        raise CommandError("--date excludes --from and --to: give one or the other.")
    if day is not None:
        return [parse_day(day, today)]
    return list(iter_days(*span)) if span else changed_days(settings, today, states, footers)


def changed_days(
    settings: Settings,
    last: date,
    states: list[DayState] | None = None,
    footers: Footers | None = None,
    among: Collection[date] | None = None,
) -> list[date]:
    """Return the days that are stale, or that have stale marts, all or `among` some.

    Later days than `last` are left out. The states that are read are added to `states`, and the
    footers that are not read yet are read into `footers`. Raises StoreError.
    """
    landing, lake = open_landing(settings), open_lake(settings)
    layers, parameters = layer_parameters(settings, landing), mart_parameters(settings, landing)
    known = known_days(landing, lake, layers.floors)
    within = [day for day in known if settings.start_date <= day <= last]
    within = within if among is None else [day for day in within if day in among]
    footers = footers or Footers(lake)
    tables = (*(table.name for table in (*ALL_LAYERS, *DAILY_MARTS)), LISTED)
    footers.load(tables, len(within))
    record_unaffected_days(lake, within, layers, footers)
    found = day_states(landing, lake, within, layers, footers)
    due = stale_days(found)
    if states is not None:
        states += found
    without_marts = days_with_stale_marts(footers, within, parameters, layers.floors)
    footers.save()
    return sorted({*due, *without_marts})


def _check_landed_objects_are_kept(days: list[date], settings: Settings) -> None:
    floors = layer_parameters(settings, open_landing(settings)).floors
    expired = [day for day in days if not floors.keeps(TableGroup.LANDING, day)]
    if expired:
        raise CommandError(
            f"{expired[0]} can't be read again: landed objects are kept from {floors.landing} on. "
            "Without --full, its tables are kept."
        )


def are_cumulative_marts_stale(settings: Settings, footers: Footers) -> bool:
    """Return whether any mart over all days is stale; raises StoreError."""
    parameters = mart_parameters(settings, open_landing(settings))
    return cumulative_marts_are_stale(footers, parameters)


def _check_partitions(days: list[date], settings: Settings) -> None:
    today = datetime.now(settings.zone).date()
    if not days:
        return
    if days[0] < settings.start_date:
        raise CommandError(
            f"{days[0]} is before TG_START_DATE={settings.start_date}: set TG_START_DATE to that "
            "day or an earlier one."
        )
    if days[-1] > today:
        raise CommandError(f"{days[-1]} is after today, {today}.")
