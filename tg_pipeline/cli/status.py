"""`tg-pipeline status`: days by layers, and what is missing or late."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Final

from rich.table import Table

from tg_pipeline.builds.day_status import SHOWN_LAYERS, DayStatus, Verdict, day_statuses
from tg_pipeline.cli.console import out
from tg_pipeline.cli.days import parse_span
from tg_pipeline.cli.run import First, Last
from tg_pipeline.lake.lake import Lake
from tg_pipeline.lake.landing_zone import iter_days, list_days
from tg_pipeline.lake.store import open_store
from tg_pipeline.settings import load_settings

DAYS_SHOWN: Final = 31
"""Without a span: so many days up to the last one on which anything landed."""

COLORS: Final = {Verdict.MISSING: "red", Verdict.LATE: "yellow", Verdict.BUILT: "green"}


def status(first: First = None, last: Last = None) -> None:
    """Show each day's landed objects and each layer's rows, and what is missing or late."""
    settings = load_settings()
    landing, lake = open_store(settings.landing_uri), Lake(settings.lake_uri)
    today = datetime.now(settings.zone).date()
    span = parse_span(first, last, today) or _last_days(list_days(landing), today)
    if span is None:
        out.print("Nothing has landed yet. Try: tg-pipeline sample")
        return
    statuses = list(day_statuses(landing, lake, iter_days(*span), today))
    out.print(_table(statuses))
    counts = Counter(status.verdict for status in statuses)
    out.print(", ".join(f"{counts[v]} {v.value}" for v in Verdict if counts[v]) + ".")
    if counts[Verdict.MISSING] or counts[Verdict.LATE]:
        out.print("Next: tg-pipeline run")


def _last_days(landed: list[date], today: date) -> tuple[date, date] | None:
    past = [day for day in landed if day <= today]
    if not past:
        return None
    return max(past[0], past[-1] - timedelta(days=DAYS_SHOWN - 1)), past[-1]


def _table(statuses: list[DayStatus]) -> Table:
    table = Table(title="Rows by day and layer")
    table.add_column("day")
    table.add_column("objects landed", justify="right")
    for layer in SHOWN_LAYERS:
        table.add_column(layer.name, justify="right")
    table.add_column("")
    for status in statuses:
        cells = (status.layers[layer.name] for layer in SHOWN_LAYERS)
        color = COLORS.get(status.verdict, "default")
        table.add_row(
            str(status.day),
            f"{status.objects:,}",
            *(f"{cell.rows:,}" if cell.exists else "–" for cell in cells),
            f"[{color}]{status.verdict.value}[/]",
        )
    return table
