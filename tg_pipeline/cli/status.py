"""`tg-pipeline status`: days by layers, and what is missing or late; for people, or a monitor."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
import typer

from tg_pipeline.builds.pipeline_look import Look, pipeline_status
from tg_pipeline.cli.day_table import show_days
from tg_pipeline.cli.days import parse_span
from tg_pipeline.cli.run import First, Last
from tg_pipeline.cli.stores import open_lake, open_landing
from tg_pipeline.settings import load_settings

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
    look = Look(landing, lake, now, settings.zone, settings.start_date)
    told = pipeline_status(look, span) if as_json or check else None
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(told)))
    else:
        show_days(settings, look, span)
    if told and check and not told.ok:
        raise typer.Exit(OVERDUE)
