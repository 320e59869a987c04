"""`tg-pipeline expire`: delete the days that are no longer to be kept, without a daemon."""

from datetime import date, datetime
from typing import Annotated

import typer

from tg_pipeline.builds.expiry import expire as expire_days
from tg_pipeline.builds.expiry import floors_on
from tg_pipeline.builds.mart_sources import cumulative_marts_are_stale
from tg_pipeline.builds.parameters import mart_parameters
from tg_pipeline.cli.console import out
from tg_pipeline.cli.context import open_lake, open_landing
from tg_pipeline.lake.floors import Floors
from tg_pipeline.lake.footers import Footers
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.settings import Settings, load_settings

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be deleted.")]


def expire(dry_run: DryRun = False) -> None:
    """Delete the days that TG_KEEP_DAYS_… no longer keep, then rebuild the marts and the report."""
    settings = load_settings()
    fmt = Formatter(settings.language)
    today = datetime.now(settings.zone).date()
    if expire_and_print(settings, today, dry_run=dry_run) == Floors():
        out.print(fmt.messages.builds.all_kept)
        return
    landing, lake = open_landing(settings), open_lake(settings)
    if not dry_run and cumulative_marts_are_stale(
        Footers(lake), mart_parameters(settings, landing)
    ):
        # Dagster takes a second to import: only commands that need it pay for it.
        from tg_pipeline.cli.builds.materialize import materialize  # noqa: PLC0415

        seconds = materialize([], full=False, wants_report=lambda: True)
        out.print(fmt.messages.builds.rebuilt.format(seconds=fmt.number(seconds, 1)))


def expire_and_print(settings: Settings, today: date, *, dry_run: bool = False) -> Floors:
    """Delete what has expired, print how much of each group, and return the floors.

    With `dry_run`, nothing is changed. Raises StoreError.
    """
    asked = floors_on(today, settings.privacy.keep_days)
    floors, found = expire_days(open_landing(settings), open_lake(settings), asked, dry_run=dry_run)
    fmt = Formatter(settings.language)
    texts = fmt.messages.builds
    for group, expired in found.items():
        line = fmt.plural(
            len(expired.days),
            texts.would_expire if dry_run else texts.expired,
            group=group.value,
            day=floors.of(group),
            objects=fmt.number(expired.objects),
            bytes=fmt.number(expired.bytes),
        )
        out.print(line, soft_wrap=True)
    return floors
