"""`tg-pipeline quarantine`: list, show and read again the landed lines that could not be read."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import partial
from itertools import islice
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import typer
from rich.table import Table

from tg_pipeline.builds.parameters import layer_parameters
from tg_pipeline.cli.builds.run import Day, First, Last, build, next_days
from tg_pipeline.cli.console import excerpt, out
from tg_pipeline.cli.context import open_lake, open_landing, parse_day, parse_span, show
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.floors import TableGroup
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.raw_updates import QUARANTINE
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.settings import Settings, load_settings

SHOWN_CHARACTERS: Final = 500
"""Characters of a line that are shown; `tg-pipeline sql` has all bytes."""

_DETAIL: Final = re.compile(r": .*|\d+")
"""What differs between reasons of one kind: the parser's own message, and numbers."""

AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for a program.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many are shown.")]

quarantine = typer.Typer(
    help="Landed lines that can't be read as updates: list them, show them, read them again.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class CountedReason(msgspec.Struct, frozen=True):
    """How many lines or bodies of a day have a reason."""

    day: date
    reason: str
    """Without details, such as positions."""
    count: int


class _Line(NamedTuple):
    """An unreadable line."""

    object_key: str
    line: int
    reason: str
    bytes: bytes


@quarantine.command("list")
def list_lines(
    day: Day = None, first: First = None, last: Last = None, as_json: AsJson = False
) -> None:
    """Count the unreadable lines by day and reason."""
    settings = load_settings()
    lake = open_lake(settings)
    counts: Counter[tuple[date, str]] = Counter()
    for each in quarantined_days(lake, asked_days(settings, day, first, last)):
        with lake.open(QUARANTINE.name, each) as partition:
            for batch in partition.project(["reason"]):
                counts.update((each, kind_of(reason)) for reason in batch["reason"].to_pylist())
    print_counts("lines", counts, as_json=as_json)


@quarantine.command("show")
def show_lines(day: Day = None, first: First = None, last: Last = None, limit: Limit = 10) -> None:
    """Show unreadable lines, where they are and why, the newest day first."""
    settings = load_settings()
    lake = open_lake(settings)
    days = reversed(quarantined_days(lake, asked_days(settings, day, first, last)))
    lines = (line for each in days for line in _lines(lake, each))
    shown = list(islice(lines, limit))
    for line in shown:
        show(f"{line.object_key}, line {line.line}: {line.reason}")
        show(f"  {excerpt(line.bytes, SHOWN_CHARACTERS)}")
    if not shown:
        out.print("No line is in quarantine.")
    elif next(lines, None):
        out.print(f"There are more: --limit {2 * limit} shows more of them.")


@quarantine.command("replay")
def replay_lines(day: Day = None, first: First = None, last: Last = None) -> None:
    """Read the objects with unreadable lines again, and build their days.

    A new release that reads more does so by itself. Lines that still can't be read stay.
    """
    settings = load_settings()
    lake = open_lake(settings)
    floors = layer_parameters(settings, open_landing(settings)).floors
    found = quarantined_days(lake, asked_days(settings, day, first, last))
    days = [each for each in found if floors.keeps(TableGroup.LANDING, each)]
    today = datetime.now(settings.zone).date()
    days = [each for each in days if settings.start_date <= each <= today]
    fmt = Formatter(settings.language)
    texts = fmt.messages.builds
    if not days:
        out.print(texts.none_to_replay)
        return
    before = _count(lake, days)
    build(days, partial(next_days, settings), fmt, quarantined=True)
    after = _count(lake, days)
    counts = {"read": max(before - after, 0), "total": before, "left": after}
    out.print(texts.replayed.format(**{name: fmt.number(each) for name, each in counts.items()}))


def asked_days(
    settings: Settings, day: str | None, first: str | None, last: str | None
) -> tuple[date, date] | None:
    """Return the first and last day that are asked for; None for all. Raises CommandError."""
    today = datetime.now(settings.zone).date()
    span = parse_span(first, last, today)
    if day is None:
        return span
    if span:
        raise CommandError("--date excludes --from and --to: give one or the other.")
    return parse_day(day, today), parse_day(day, today)


def quarantined_days(lake: Lake, span: tuple[date, date] | None) -> list[date]:
    """Return the days with unreadable lines, ascending; raises StoreError."""
    days = [day for day in lake.days(QUARANTINE.name) if span is None or span[0] <= day <= span[1]]
    footers = lake.footers(QUARANTINE.name, days)
    return [day for day, footer in zip(days, footers, strict=True) if footer and footer.rows]


def kind_of(reason: str) -> str:
    """Return a reason without what differs between reasons of one kind."""
    return _DETAIL.sub(lambda found: "…" if found[0][0].isdigit() else "", reason)


def print_counts(what: str, counts: Counter[tuple[date, str]], *, as_json: bool) -> None:
    """Print how many lines or bodies there are by day and reason, or write them as JSON."""
    rows = [CountedReason(*key, count=counts[key]) for key in sorted(counts)]
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(rows)))
        return
    if not rows:
        out.print(f"There are no such {what}.")
        return
    table = Table()
    table.add_column("day", no_wrap=True)
    table.add_column(what, justify="right", no_wrap=True)
    table.add_column("reason")
    for row in rows:
        table.add_row(str(row.day), f"{row.count:,}", row.reason)
    out.print(table)


def _lines(lake: Lake, day: date) -> Iterator[_Line]:
    names: list[str] = list(_Line._fields)
    with lake.open(QUARANTINE.name, day) as partition:
        for batch in partition.batches(names):
            rows: Sequence[dict[str, Any]] = batch.to_pylist()
            yield from (_Line(**row) for row in rows)


def _count(lake: Lake, days: Sequence[date]) -> int:
    return sum(footer.rows for footer in lake.footers(QUARANTINE.name, days) if footer)
