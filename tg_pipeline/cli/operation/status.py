"""`tg-pipeline status`: each day by layer, and what is missing or late; for people or monitors."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Annotated, Final

import msgspec
import typer
from obstore.store import ObjectStore
from rich.table import Table
from rich.text import Text

from lambda_ingest.writer import ChatFilter, list_migrations
from tg_pipeline.builds.monitoring.status import (
    MonitorContext,
    Span,
    conflict_problems,
    damage_problems,
    name_problems,
    outside_problems,
    pipeline_status,
)
from tg_pipeline.builds.parameters import layer_parameters, mart_parameters
from tg_pipeline.builds.staleness import DayState, DayStatus, known_days
from tg_pipeline.cli.builds.run import First, Last
from tg_pipeline.cli.console import out
from tg_pipeline.cli.context import open_lake, open_landing, parse_span, warn
from tg_pipeline.cli.operation.unfinished_runs import stuck_run_problems
from tg_pipeline.events.dead_letters import REJECTED_EVENTS, count_dead_letters
from tg_pipeline.lake.footers import Footers
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.landing.zone import iter_days, list_days
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.report.formatting import NO_VALUE, Formatter
from tg_pipeline.report.messages import DEFAULT_LANGUAGE, Plural, StatusMessages
from tg_pipeline.settings import Settings, load_settings
from tg_pipeline.storage.errors import translate_errors

DAYS_SHOWN: Final = 31
"""Days shown by default, up to the last day on which anything landed."""

EXIT_OVERDUE: Final = 3
"""The exit code of `--check` if a day is overdue; 1 and 2 mean that the status is unknown."""

COLORS: Final = {
    DayStatus.DAMAGED: "red",
    DayStatus.MISSING: "red",
    DayStatus.LATE: "yellow",
    DayStatus.BUILT: "green",
}

AsJson = Annotated[bool, typer.Option("--json", help="For a monitor: see docs/monitoring.md.")]
Check = Annotated[bool, typer.Option("--check", help="Exit with 3 if something is overdue.")]


def status(
    first: First = None, last: Last = None, as_json: AsJson = False, check: Check = False
) -> None:
    """Show each day's landed objects and each layer's rows, and what is missing or late."""
    settings = load_settings()
    now = datetime.now(settings.zone)
    span = parse_span(first, last, now.date())
    landing, lake = open_landing(settings), open_lake(settings)
    parameters = mart_parameters(settings, landing)
    layers = layer_parameters(settings, landing)
    # Programs read the JSON, so it does not depend on the language of a person.
    language = DEFAULT_LANGUAGE if as_json else settings.language
    context = MonitorContext(
        *(landing, lake, now, parameters, layers, settings.start_date, Footers(lake)),
        has_chat_filter=bool(settings.ingest.chat_ids),
        language=language,
    )
    runs = stuck_run_problems(now, language)
    result = pipeline_status(context, span, runs) if as_json or check else None
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(result)))
    else:
        states = _print_days(settings, context, span)
        # Without --check, only what is found at once is added to the table of days.
        found = chain(
            outside_problems(context),
            damage_problems(states),
            conflict_problems(states, context.fmt),
            name_problems(landing, states, context.fmt),
        )
        for problem in result.problems if result else found:
            warn(problem.message)
    if result and check and not result.ok:
        raise typer.Exit(EXIT_OVERDUE)


def _print_days(settings: Settings, context: MonitorContext, span: Span | None) -> list[DayState]:
    """Print the days of a span, by default the last ones, and hints on what to do; return them."""
    landing, lake, today = context.landing, context.lake, context.today
    fmt, texts = context.fmt, context.fmt.messages.status
    every = known_days(landing, lake, context.layer_parameters.floors)
    known = [day for day in every if settings.start_date <= day <= today]
    shown = span or _last_days(known)
    if shown is None:
        out.print(texts.nothing_landed.format(start=settings.start_date, today=today))
        if not list_days(landing):
            out.print(texts.sample)
        return []
    states = context.states(list(iter_days(*shown)))
    out.print(_days_table(states, today, fmt))
    counts = Counter(state.status(today) for state in states)
    counted = (
        f"{fmt.number(n)} {_name(each, n, fmt)}" for each in DayStatus if (n := counts[each])
    )
    out.print(f"{', '.join(counted)}.")
    if any(counts[each] for each in (DayStatus.MISSING, DayStatus.LATE, DayStatus.DAMAGED)):
        out.print(texts.next)
    _print_dead_letters(lake, fmt)
    _print_migrations(landing, settings.ingest.chat_ids, texts)
    return states


def _last_days(known: list[date]) -> Span | None:
    if not known:
        return None
    return max(known[0], known[-1] - timedelta(days=DAYS_SHOWN - 1)), known[-1]


def _name(status: DayStatus, days: int, fmt: Formatter) -> str:
    """Return what a status is called, of a number of days."""
    names: dict[str, Plural] = msgspec.structs.asdict(fmt.messages.status.days)
    return fmt.plural(days, names[status.value])


def _days_table(states: list[DayState], today: date, fmt: Formatter) -> Table:
    texts = fmt.messages.status
    table = Table(title=texts.rows)
    table.add_column(texts.day, no_wrap=True)
    table.add_column(texts.objects, justify="right", no_wrap=True)
    for layer in ALL_LAYERS:
        table.add_column(layer.name.removesuffix("_updates"), justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for state in states:
        cells = (state.layers[layer.name] for layer in ALL_LAYERS)
        day_status = state.status(today)
        table.add_row(
            str(state.day),
            fmt.number(state.objects),
            *(NO_VALUE if cell.source is None else fmt.number(cell.rows) for cell in cells),
            Text(_name(day_status, 1, fmt), COLORS.get(day_status, "default")),
        )
    return table


def _print_dead_letters(lake: Lake, fmt: Formatter) -> None:
    """Print how many messages of the events queue could not be read."""
    if count := count_dead_letters(lake.store):
        text = fmt.messages.status.dead_letters
        out.print(fmt.plural(count, text, folder=REJECTED_EVENTS), soft_wrap=True)


def _print_migrations(
    landing: ObjectStore, chat_ids: frozenset[int], texts: StatusMessages
) -> None:
    """Print which kept chats have a new id that is not in TELEGRAM_CHAT_IDS yet."""
    chats = ChatFilter(landing, chat_ids, lambda: datetime.now(UTC))
    with translate_errors(landing):
        for each in list_migrations(landing) if chat_ids else []:
            if each.new not in chat_ids and chats.keeps(each.new):
                out.print(texts.moved_chat.format(old=each.old, new=each.new), soft_wrap=True)
