"""`tg-pipeline land`: updates from files into the landing zone."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Final, NamedTuple

import typer

from lambda_ingest.landing import TrustLevel, unwrap_rejected
from lambda_ingest.writer import LandingWriter
from tg_pipeline.cli.console import err, out, progress
from tg_pipeline.cli.context import look_at_landing
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.landing_reader import Line, is_readable_name, read_lines
from tg_pipeline.lake.landing_writer import (
    Delivery,
    LandingStats,
    LandResult,
    land_all,
    land_batches,
)
from tg_pipeline.lake.object_store import open_object_store
from tg_pipeline.settings import Settings, load_settings

STDIN: Final = Path("-")
STANDARD_INPUT: Final = "standard input"

Files = Annotated[
    list[Path],
    typer.Argument(
        help="Files: .json (one update), .ndjson (one a line), either .gz, or - for "
        "NDJSON on standard input."
    ),
]
BotId = Annotated[
    int | None,
    typer.Option("--bot-id", min=0, help="The bot the updates are from. [default: as set]"),
]
Batch = Annotated[
    int,
    typer.Option(
        "--batch", min=0, help="Land as .ndjson.gz objects of up to so many updates; 0: one each."
    ),
]


def land(files: Files, bot_id: BotId = None, batch: Batch = 0) -> None:
    """Land updates from files, as if they had just arrived.

    An update that has landed before is left as it is. What is no update goes to rejected/ with
    the reason, and can be landed again from there.
    """
    settings = load_settings()
    with tempfile.TemporaryDirectory() as scratch:
        inputs = [_spooled(Path(scratch)) if path == STDIN else _checked(path) for path in files]
        total = sum(map(_count_lines, inputs))
        look_at_landing(settings)
        door = LandingWriter(
            landing=open_object_store(settings.landing_uri),
            bot_id=settings.bot_id if bot_id is None else bot_id,
            zone=settings.zone,
            trust=TrustLevel.OPERATOR,
        )
        arrivals = _arrivals(inputs, datetime.now(UTC))
        outcomes = land_batches(door, arrivals, batch) if batch else land_all(door, arrivals)
        report(tally_with_progress(outcomes, total, "landing"), settings)


def tally_with_progress(outcomes: Iterator[LandResult], total: int, what: str) -> LandingStats:
    """Count what becomes of each body, and show how far it is."""
    tally = LandingStats()
    with progress() as bar:
        task = bar.add_task(what, total=total)
        for outcome in outcomes:
            tally.count(outcome)
            bar.update(task, completed=tally.seen)
    return tally


def report(tally: LandingStats, settings: Settings) -> None:
    """Say what landed, on which days, and what to do next; raise where something was rejected."""
    out.print(f"{tally.landed:,} landed, {tally.already_there:,} were there already.")
    if tally.days:
        first, last = min(tally.days), max(tally.days)
        out.print(f"Days {first} to {last}. Next: tg-pipeline run")
        if first < settings.start_date:
            err.print(
                f"Days before TG_START_DATE={settings.start_date} are no partitions: "
                f"set TG_START_DATE={first} to build them.",
                soft_wrap=True,
            )
    if tally.rejected:
        raise CommandError(
            f"{tally.rejected:,} rejected and kept; the first is {tally.first_rejection}"
        )


class _Input(NamedTuple):
    """A file to land, and what to call it."""

    path: Path
    name: str


def _checked(path: Path) -> _Input:
    if not is_readable_name(path.name):
        raise CommandError(f"{path} is no .json, .ndjson or .gz of either.")
    if not path.is_file():
        raise CommandError(f"{path} is no file.")
    return _Input(path, str(path))


def _spooled(folder: Path) -> _Input:
    """Give standard input as a file, since it is read twice: to check it, and to land it."""
    path = folder / "stdin.ndjson"
    with path.open("wb") as target:
        shutil.copyfileobj(sys.stdin.buffer, target)
    return _Input(path, STANDARD_INPUT)


def _count_lines(file: _Input) -> int:
    """Give the number of lines; raise where one can't be read, before anything lands."""
    count = 0
    for line in _lines(file):
        if line.fault:
            raise CommandError(f"{file.name}, line {line.number}: {line.fault}.")
        count += 1
    return count


def _arrivals(files: list[_Input], now: datetime) -> Iterator[Delivery]:
    for file in files:
        for line in _lines(file):
            yield Delivery(unwrap_rejected(line.content), now, f"{file.name}, line {line.number}")


def _lines(file: _Input) -> Iterator[Line]:
    """Give a file's lines. A file that holds nothing is a mistake; an empty pipe is no update."""
    stream: BinaryIO
    with file.path.open("rb") as stream:
        for line in read_lines(file.path.name, stream):
            if line.number or file.name != STANDARD_INPUT:
                yield line
