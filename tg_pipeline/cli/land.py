"""`tg-pipeline land`: land updates from files."""

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
from tg_pipeline.cli.context import check_landing, refuse_sample
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
        help="Files: .json (one update), .ndjson (one per line), both also as .gz, or - for "
        "NDJSON on standard input."
    ),
]
BotId = Annotated[
    int | None,
    typer.Option("--bot-id", min=0, help="The bot of the updates. [default: TELEGRAM_BOT_ID]"),
]
Batch = Annotated[
    int,
    typer.Option(
        "--batch", min=0, help="Land .ndjson.gz objects of up to this many updates; 0: one each."
    ),
]


def land(files: Files, bot_id: BotId = None, batch: Batch = 0) -> None:
    """Land updates from files, as if they had just arrived.

    An update that has already landed is left unchanged. Lines that are not updates are stored in
    rejected/ with the reason, and can be landed from there later.
    """
    settings = load_settings()
    with tempfile.TemporaryDirectory() as folder:
        inputs = [_spooled(Path(folder)) if path == STDIN else _checked(path) for path in files]
        total = sum(map(_count_lines, inputs))
        check_landing(settings)
        bot_id = settings.bot_id if bot_id is None else bot_id
        refuse_sample(settings, bot_id)
        writer = LandingWriter(
            landing=open_object_store(settings.landing_uri),
            bot_id=bot_id,
            zone=settings.zone,
            trust=TrustLevel.OPERATOR,
        )
        deliveries = _deliveries(inputs, datetime.now(UTC))
        results = land_batches(writer, deliveries, batch) if batch else land_all(writer, deliveries)
        print_stats(count_with_progress(results, total, "landing"), settings)


def count_with_progress(results: Iterator[LandResult], total: int, what: str) -> LandingStats:
    """Return the statistics of `results`, and show progress while they come in."""
    stats = LandingStats()
    with progress() as bar:
        task = bar.add_task(what, total=total)
        for result in results:
            stats.count(result)
            bar.update(task, completed=stats.seen)
    return stats


def print_stats(stats: LandingStats, settings: Settings) -> None:
    """Print what landed, on which days, and the next command.

    Raises CommandError if a line was rejected.
    """
    out.print(f"{stats.landed:,} landed, {stats.already_there:,} were there already.")
    if stats.days:
        first, last = min(stats.days), max(stats.days)
        out.print(f"Days {first} to {last}. Next: tg-pipeline run")
        if first < settings.start_date:
            err.print(
                f"Days before TG_START_DATE={settings.start_date} have no partition: "
                f"set TG_START_DATE={first} to build them.",
                soft_wrap=True,
            )
    if stats.rejected:
        raise CommandError(
            f"{stats.rejected:,} rejected and kept; the first is {stats.first_rejection}"
        )


class _Input(NamedTuple):
    """A file to land, and its name in messages."""

    path: Path
    name: str


def _checked(path: Path) -> _Input:
    if not is_readable_name(path.name):
        raise CommandError(f"{path} is not a .json or .ndjson file, or a .gz of one.")
    if not path.is_file():
        raise CommandError(f"{path} is not a file.")
    return _Input(path, str(path))


def _spooled(folder: Path) -> _Input:
    """Return standard input as a file, since it is read twice: to check it, and to land it."""
    path = folder / "stdin.ndjson"
    with path.open("wb") as target:
        shutil.copyfileobj(sys.stdin.buffer, target)
    return _Input(path, STANDARD_INPUT)


def _count_lines(file: _Input) -> int:
    """Return the number of lines; raises CommandError if one is unreadable."""
    count = 0
    for line in _lines(file):
        if line.fault:
            raise CommandError(f"{file.name}, line {line.number}: {line.fault}.")
        count += 1
    return count


def _deliveries(files: list[_Input], now: datetime) -> Iterator[Delivery]:
    for file in files:
        for line in _lines(file):
            yield Delivery(unwrap_rejected(line.content), now, f"{file.name}, line {line.number}")


def _lines(file: _Input) -> Iterator[Line]:
    """Return the lines of a file. An empty file is an error; an empty standard input is not."""
    stream: BinaryIO
    with file.path.open("rb") as stream:
        for line in read_lines(file.path.name, stream):
            if line.number or file.name != STANDARD_INPUT:
                yield line
