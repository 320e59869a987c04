"""`tg-pipeline verify`: reads all tables with their checksums, and names what is damaged."""

from datetime import datetime
from typing import Annotated

import typer

from tg_pipeline.builds.monitoring.damage import (
    LostPartitionError,
    VerifiedLake,
    find_damaged_sealed,
    mark_found,
    partitions_of,
    verify_lake,
)
from tg_pipeline.cli.builds.run import First, Last
from tg_pipeline.cli.console import out, progress
from tg_pipeline.cli.context import open_landing, parse_span, show
from tg_pipeline.lake.floors import read_floors
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.settings import load_settings

Repair = Annotated[bool, typer.Option("--repair", help="Let the next run build what is damaged.")]


def verify(first: First = None, last: Last = None, repair: Repair = False) -> None:
    """Read every table of all days, or of a range, and name what is damaged; then exit with 1.

    Sealed objects of the landing zone are read, too.
    """
    settings = load_settings()
    span = parse_span(first, last, datetime.now(settings.zone).date())
    landing, lake = open_landing(settings), Lake(settings.lake_uri)
    partitions = partitions_of(lake, span)
    with progress() as bar:
        task = bar.add_task("reading", total=len(partitions))
        found = verify_lake(
            landing, lake, read_floors(landing), partitions, lambda: bar.advance(task)
        )
    if repair:
        mark_found(lake, partitions, found)
    _print_found(found, is_repaired=repair)
    sealed, damaged = find_damaged_sealed(landing, span)
    for error in damaged:
        show(str(error))
    if sealed:
        out.print(f"{sealed:,} sealed objects were read, {len(damaged):,} are damaged.")
    if found.damaged or damaged:
        raise typer.Exit(1)


def _print_found(found: VerifiedLake, *, is_repaired: bool) -> None:
    for error in found.damaged:
        show(str(error))
    out.print(f"{found.partitions:,} partitions were read, {len(found.damaged):,} are damaged.")
    if found.without_checksums:
        out.print(
            f"{found.without_checksums:,} were written by an earlier release, without checksums; "
            "their rows can be read. They get checksums when their days are built again.",
            soft_wrap=True,
        )
    if all(isinstance(each, LostPartitionError) for each in found.damaged):
        return
    out.print("Next: tg-pipeline run" if is_repaired else "Next: tg-pipeline verify --repair")
