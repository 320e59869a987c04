"""`tg-pipeline status`: days by layers, and what is missing or late; for people, or a monitor."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Annotated, Final

import msgspec
import typer
from obstore.store import ObjectStore
from rich.table import Table

from lambda_ingest.writer import ChatFilter, list_migrations
from tg_pipeline.builds.monitoring import MonitorContext, Span, pipeline_status
from tg_pipeline.builds.staleness import DayState, DayStatus, day_states, known_days
from tg_pipeline.cli.console import out
from tg_pipeline.cli.context import open_lake, open_landing, parse_span
from tg_pipeline.cli.run import First, Last
from tg_pipeline.events.dead_letters import REJECTED_EVENTS, count_dead_letters
from tg_pipeline.lake.errors import translate_errors
from tg_pipeline.lake.landing_zone import iter_days
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.settings import Settings, load_settings

DAYS_SHOWN: Final = 31
"""Without a span: so many days up to the last one on which anything landed."""

COLORS: Final = {DayStatus.MISSING: "red", DayStatus.LATE: "yellow", DayStatus.BUILT: "green"}


def show_days(settings: Settings, look: MonitorContext, asked: Span | None) -> None:
    """Show the days of a span, or the last ones, and what else there is to know."""
    landing, lake, today = look.landing, look.lake, look.today
    known = [day for day in known_days(landing, lake) if settings.start_date <= day <= today]
    span = asked or _last_days(known)
    if span is None:
        out.print(f"Nothing has landed since TG_START_DATE={settings.start_date}.")
        out.print("Try: tg-pipeline sample")
        return
    states = day_states(landing, lake, iter_days(*span))
    out.print(_table(states, today))
    counts = Counter(state.verdict(today) for state in states)
    out.print(", ".join(f"{counts[v]} {v.value}" for v in DayStatus if counts[v]) + ".")
    if counts[DayStatus.MISSING] or counts[DayStatus.LATE]:
        out.print("Next: tg-pipeline run")
    _tell_rejected_events(lake)
    _tell_successions(landing, settings.ingest.chat_ids)


def _tell_rejected_events(lake: Lake) -> None:
    """Say how many messages of the events queue could not be read."""
    if count := count_dead_letters(lake.store):
        messages = "1 message" if count == 1 else f"{count} messages"
        out.print(
            f"{messages} of the events queue could not be read: {REJECTED_EVENTS}/", soft_wrap=True
        )


def _tell_successions(landing: ObjectStore, chat_ids: frozenset[int]) -> None:
    """Say which kept chats have a new id that TELEGRAM_CHAT_IDS does not name yet."""
    chats = ChatFilter(landing, chat_ids)
    with translate_errors(landing):
        for each in list_migrations(landing) if chat_ids else []:
            if each.new not in chat_ids and chats.keeps(each.new):
                out.print(each.describe(), soft_wrap=True)


def _last_days(known: list[date]) -> tuple[date, date] | None:
    if not known:
        return None
    return max(known[0], known[-1] - timedelta(days=DAYS_SHOWN - 1)), known[-1]


def _table(states: list[DayState], today: date) -> Table:
    table = Table(title="Rows by day and layer")
    table.add_column("day", no_wrap=True)
    table.add_column("landed", justify="right", no_wrap=True)
    for layer in ALL_LAYERS:
        table.add_column(layer.name.removesuffix("_updates"), justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for state in states:
        cells = (state.layers[layer.name] for layer in ALL_LAYERS)
        verdict = state.verdict(today)
        table.add_row(
            str(state.day),
            f"{state.objects:,}",
            *("–" if cell.source is None else f"{cell.rows:,}" for cell in cells),
            f"[{COLORS.get(verdict, 'default')}]{verdict.value}[/]",
        )
    return table


OVERDUE: Final = 3
"""The exit code where something is overdue and that was asked: 1 and 2 say that nobody knows."""

AsJson = Annotated[bool, typer.Option("--json", help="For a monitor: see docs/monitoring.md.")]
Check = Annotated[bool, typer.Option("--check", help="Exit with 3 where something is overdue.")]


def status(
    first: First = None, last: Last = None, as_json: AsJson = False, check: Check = False
) -> None:
    """Show each day's landed objects and each layer's rows, and what is missing or late."""
    settings = load_settings()
    now = datetime.now(settings.zone)
    span = parse_span(first, last, now.date())
    landing, lake = open_landing(settings), open_lake(settings)
    look = MonitorContext(landing, lake, now, settings.zone, settings.start_date)
    told = pipeline_status(look, span) if as_json or check else None
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(told)))
    else:
        show_days(settings, look, span)
    if told and check and not told.ok:
        raise typer.Exit(OVERDUE)
