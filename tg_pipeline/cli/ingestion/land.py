"""`tg-pipeline land`: land updates from files."""

import re
import shutil
import sys
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Final, NamedTuple

import typer

from lambda_ingest.landing import TrustLevel, unwrap_rejected
from lambda_ingest.privacy.forgotten_people import list_forgotten_people
from lambda_ingest.store import sweep
from lambda_ingest.writer import LandingWriter
from tg_pipeline.cli.console import err, out, progress
from tg_pipeline.cli.context import check_landing, refuse_sample, warn
from tg_pipeline.exceptions import CommandError
from tg_pipeline.landing.reader import MAX_LINE_BYTES, Line, is_readable_name, read_lines
from tg_pipeline.landing.writer import (
    Delivery,
    LandingStats,
    LandResult,
    land_all,
    land_batches,
)
from tg_pipeline.settings import Settings, load_settings
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import open_object_store, retry
from tg_pipeline.telegram.saved_updates import BYTE_ORDER_MARK, is_chat_export, split_updates
from tg_pipeline.temp_folders import temp_dir

STDIN: Final = Path("-")
STANDARD_INPUT: Final = "standard input"

Files = Annotated[
    list[Path],
    typer.Argument(
        help="Files: .json (an update, an array of updates, or a saved getUpdates response), "
        ".ndjson or .jsonl (one per line), all also as .gz, or - for NDJSON on standard input."
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
    bot_id = chosen_bot(settings, bot_id)
    with temp_dir() as folder:
        inputs = [_spooled(folder) if path == STDIN else _checked(path) for path in files]
        total = sum(map(_count_updates, inputs))
        check_landing(settings)
        refuse_sample(settings, bot_id)
        writer = open_operators_writer(settings, bot_id, TrustLevel.OPERATOR)
        deliveries = _deliveries(inputs, _now())
        results = land_batches(writer, deliveries, batch) if batch else land_all(writer, deliveries)
        print_stats(count_with_progress(results, total, "landing"), settings)


def chosen_bot(settings: Settings, bot_id: int | None) -> int:
    """Return the bot that --bot-id names, or that of the settings; raises SettingsError if none."""
    if bot_id is None:
        settings.ingest.check_bot_id()
    return settings.bot_id if bot_id is None else bot_id


def open_operators_writer(settings: Settings, bot_id: int, trust: TrustLevel) -> LandingWriter:
    """Open a writer for the updates of a command.

    Raises PrivacyKeyError if forgotten people could not be left out, and StoreError.
    """
    landing = open_object_store(settings.landing_uri)
    sweep(landing, _now)
    with translate_errors(landing):
        people = retry(lambda: list_forgotten_people(landing, settings.ingest.privacy_key, _now))
    return LandingWriter(
        landing=landing,
        bot_id=bot_id,
        zone=settings.zone,
        trust=trust,
        people=people,
        minimization=settings.ingest.minimization,
    )


def _now() -> datetime:
    return datetime.now(UTC)


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
    print_landed(stats, settings)
    raise_rejected(stats)


def print_landed(stats: LandingStats, settings: Settings) -> None:
    """Print what landed, on which days, and the next command."""
    suppressed = f", {stats.suppressed:,} of forgotten people" if stats.suppressed else ""
    out.print(f"{stats.landed:,} landed, {stats.already_there:,} were there already{suppressed}.")
    for warning in (stats.privacy_warning, stats.describe_dates(TrustLevel.OPERATOR)):
        if warning:
            warn(warning)
    if stats.days:
        print_days(stats.days, settings, "Next: tg-pipeline run")


def print_days(days: Collection[date], settings: Settings, then: str) -> None:
    """Print a span of days, what comes next, and whether all of them are partitions."""
    first, last = min(days), max(days)
    out.print(f"Days {first} to {last}. {then}")
    if first < settings.start_date:
        err.print(
            f"Days before TG_START_DATE={settings.start_date} have no partition: "
            f"set TG_START_DATE={first} to build them.",
            soft_wrap=True,
        )


def raise_rejected(stats: LandingStats) -> None:
    """Raise CommandError if a line was rejected."""
    if stats.rejected:
        raise CommandError(
            f"{stats.rejected:,} rejected and kept; the first is {stats.first_rejection}"
        )


class _Input(NamedTuple):
    """A file to land, and its name in messages."""

    path: Path
    name: str


def _checked(path: Path) -> _Input:
    if not is_readable_name(_reader_name(path)):
        raise CommandError(f"{path} is not a .json, .ndjson or .jsonl file, or a .gz of one.")
    if not path.is_file():
        raise CommandError(f"{path} is not a file.")
    return _Input(path, str(path))


def _reader_name(path: Path) -> str:
    """Return the name by which the reader knows the format of a file."""
    return re.sub(r"\.jsonl(\.gz)?$", r".ndjson\1", path.name)


def _spooled(folder: Path) -> _Input:
    """Return standard input as a file, since it is read twice: to check it, and to land it."""
    path = folder / "stdin.ndjson"
    with path.open("wb") as target:
        shutil.copyfileobj(sys.stdin.buffer, target)
    return _Input(path, STANDARD_INPUT)


def _count_updates(file: _Input) -> int:
    """Return the number of updates; raises CommandError if a line is unreadable."""
    count = 0
    for line in _lines(file):
        if is_chat_export(line.content):
            raise CommandError(
                f"{file.name} is a chat export of Telegram Desktop: it has messages, but no "
                f"updates. Import it: tg-pipeline import {file.name}"
            )
        if line.fault:
            raise CommandError(f"{file.name}, line {line.number}: {line.fault}.{_hint(file)}")
        count += len(split_updates(line.content))
    return count


def _hint(file: _Input) -> str:
    """Return how to land a large file; empty for a file that is not large."""
    if file.path.stat().st_size <= MAX_LINE_BYTES or ".json" not in file.path.suffixes:
        return ""
    return " Write one update per line: jq -c '.result? // . | .[]' in.json > out.ndjson"


def _deliveries(files: list[_Input], now: datetime) -> Iterator[Delivery]:
    for file in files:
        for line in _lines(file):
            place = f"{file.name}, line {line.number}"
            updates = split_updates(line.content)
            for number, update in enumerate(updates, 1):
                origin = place if len(updates) == 1 else f"{place}, update {number}"
                yield Delivery(unwrap_rejected(update), now, origin)


def _lines(file: _Input) -> Iterator[Line]:
    """Return the lines of a file. An empty file is an error; an empty standard input is not."""
    stream: BinaryIO
    with file.path.open("rb") as stream:
        lines = read_lines(_reader_name(file.path), stream)
        for line in lines:
            if line.number == 1:
                yield line._replace(content=line.content.removeprefix(BYTE_ORDER_MARK))
            elif line.number or file.name != STANDARD_INPUT:
                yield line
