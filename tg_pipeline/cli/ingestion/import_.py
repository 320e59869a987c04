"""`tg-pipeline import`: land the history of chats, as Telegram Desktop exports it."""

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from lambda_ingest.landing import TrustLevel
from lambda_ingest.writer import LandingWriter, WriteStatus
from tg_pipeline.cli.console import progress
from tg_pipeline.cli.context import check_landing, parse_day, refuse_sample, show
from tg_pipeline.cli.ingestion.land import (
    BotId,
    chosen_bot,
    open_operators_writer,
    print_days,
    print_landed,
    raise_rejected,
)
from tg_pipeline.exceptions import CommandError
from tg_pipeline.landing.writer import Delivery, LandingStats, land_batches
from tg_pipeline.settings import Settings, load_settings
from tg_pipeline.telegram.export.chats import (
    ChatLeftOut,
    ChatRefusedError,
    ChatTarget,
    ImportOptions,
    choose,
    ids_of,
)
from tg_pipeline.telegram.export.lines import ExportLines
from tg_pipeline.telegram.export.reader import ExportedChat, ExportReader, NotAnExportError

BATCH: Final = 10_000
"""Messages of an object, all of one chat and day."""

GZIP_START: Final = b"\x1f\x8b"

EXAMPLES: Final = 3
"""Chats that are named of those that were not imported for the same reason."""

File = Annotated[
    Path, typer.Argument(help="The result.json of an export of one chat or of all, or a .gz of it.")
]
Chats = Annotated[
    list[int] | None,
    typer.Option("--chat", help="Import this chat only; repeatable. As exported, or as bots see."),
]
Since = Annotated[str | None, typer.Option("--since", help="The first day, YYYY-MM-DD.")]
Until = Annotated[str | None, typer.Option("--until", help="The last day, YYYY-MM-DD.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and count, but store nothing.")]
AsUser = Annotated[
    int | None,
    typer.Option("--as-user", min=1, help="Who exported a chat with the bot. [default: its user]"),
]
Zone = Annotated[
    str | None,
    typer.Option(
        "--timezone", help="Of the local times in exports before 2022. [default: TG_TIMEZONE]"
    ),
]


def import_(
    file: File,
    chat: Chats = None,
    since: Since = None,
    until: Until = None,
    dry_run: DryRun = False,
    as_user: AsUser = None,
    timezone: Zone = None,
    bot_id: BotId = None,
) -> None:
    """Import the history of chats that Telegram Desktop exported as JSON.

    What was imported before is left unchanged. Of an export of all chats, groups, channels and the
    chat with the bot are imported; other chats only by --chat.
    """
    settings = load_settings()
    bot = chosen_bot(settings, bot_id)
    today = datetime.now(settings.zone).date()
    options = ImportOptions(bot, frozenset(chat or ()), settings.ingest.chat_ids, as_user)
    history = _History(
        file=file,
        options=options,
        exported_in=_zone(timezone, settings),
        settings=settings,
        first=parse_day(since, today) if since else date.min,
        last=parse_day(until, today) if until else date.max,
    )
    if history.first > history.last:
        raise CommandError(f"--since {history.first} is later than --until {history.last}.")
    if not file.is_file():
        raise CommandError(f"{file} is not a file.")
    writer = None
    if not dry_run:
        check_landing(settings)
        refuse_sample(settings, bot)
        writer = open_operators_writer(settings, bot, TrustLevel.OPERATOR)
    try:
        with _opened(file) as (reader, position), progress(of_bytes=True) as bar:
            task = bar.add_task("importing", total=file.stat().st_size)
            shown = 0
            for _ in history.read(reader, writer):
                if (read := position()) != shown:
                    bar.update(task, completed=read)
                    shown = read
    except (NotAnExportError, ChatRefusedError) as error:
        sentence = str(error)
        raise CommandError(
            f"{file} {sentence}" if isinstance(error, NotAnExportError) else sentence
        ) from None
    history.report(is_dry=dry_run)


def _zone(name: str | None, settings: Settings) -> ZoneInfo:
    if name is None:
        return settings.zone
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CommandError("--timezone is not a time zone such as Europe/Lisbon.") from None


@contextmanager
def _opened(file: Path) -> Iterator[tuple[ExportReader, Callable[[], int]]]:
    """Open an export; yield its reader, and a function that returns how many bytes were read."""
    with file.open("rb") as raw:
        is_packed = raw.read(len(GZIP_START)) == GZIP_START
        raw.seek(0)
        source = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if is_packed else raw
        yield ExportReader(source), raw.tell


@dataclass(slots=True)
class _ImportedChat:
    """What was imported of a chat, and what was left out."""

    label: str
    target: ChatTarget
    dated: int = 0
    """Messages that were to be imported."""
    messages: int = 0
    """Messages that are stored, now or earlier."""
    new: int | None = None
    """Those that are stored now; None if nothing is."""
    first: int = 0
    last: int = 0
    """Unix times of its first and last message."""
    outside: int = 0
    unreadable: int = 0
    local_times: int = 0

    def count(self, second: int, *, is_local: bool) -> None:
        self.first = min(self.first or second, second)
        self.last = max(self.last, second)
        self.local_times += is_local
        self.dated += 1

    def describe(self, zone: ZoneInfo) -> str:
        """Return a line about it."""
        span = ""
        if self.first:
            first, last = (_day(each, zone) for each in (self.first, self.last))
            span = f" from {first} to {last}"
        new = "" if self.new is None else f", {self.new:,} of them new"
        left_out = [
            f"{number:,} {why}"
            for number, why in (
                (self.outside, "outside of --since and --until"),
                (self.unreadable, "unreadable or without a date"),
            )
            if number
        ]
        return (
            f"{self.label} as {self.target.type} {self.target.chat_id}: "
            f"{self.messages:,} messages{span}{new}"
            + (f"; left out: {', '.join(left_out)}" if left_out else "")
        )


@dataclass(slots=True)
class _History:
    """Reads an export, lands its messages, and counts what becomes of them."""

    file: Path
    options: ImportOptions
    exported_in: ZoneInfo
    settings: Settings
    first: date
    last: date
    imported: list[_ImportedChat] = field(default_factory=list)
    left_out: dict[ChatLeftOut, list[tuple[str, int]]] = field(default_factory=dict)
    """Labels and ids of chats that were not imported, by the reason."""
    stats: LandingStats = field(default_factory=LandingStats)
    days: Counter[date] = field(default_factory=Counter)
    unseen: set[int] = field(init=False)
    """The chats that --chat names, without those that were seen."""
    fault: str = ""

    def __post_init__(self) -> None:
        self.unseen = set(self.options.chats)

    def read(self, reader: ExportReader, writer: LandingWriter | None) -> Iterator[None]:
        """Read the export, and land it if there is a writer; yield now and then.

        Raises NotAnExportError, ChatRefusedError and StoreError.
        """
        for chat in reader.chats():
            self.unseen -= ids_of(chat)
            target = choose(chat, reader.owner, self.options)
            label = f"{chat.name or 'A chat without a name'} ({chat.kind} {chat.number})"
            if isinstance(target, ChatLeftOut):
                self.left_out.setdefault(target, []).append((label, chat.number))
                yield
                continue
            counts = _ImportedChat(label, target)
            self.imported.append(counts)
            deliveries = self._deliveries(chat, counts)
            if writer is None:
                for _ in deliveries:
                    yield
                counts.messages = counts.dated
                continue
            # A batch is of one chat, so that it is the same whichever others are imported.
            for result in land_batches(writer, filter(None, deliveries), BATCH):
                self.stats.count(result)
                status = result.taken.status
                counts.new = (counts.new or 0) + (status is WriteStatus.LANDED)
                counts.messages += status in {WriteStatus.LANDED, WriteStatus.DUPLICATE}
                yield
        self.fault = reader.fault

    def _deliveries(self, chat: ExportedChat, counts: _ImportedChat) -> Iterator[Delivery | None]:
        """Yield the lines of a chat, and None for a message that was left out."""
        lines = ExportLines(counts.target.as_object(), self.exported_in)
        now = datetime.now(UTC)
        for part in chat.messages():
            time = lines.time_of(part)
            origin = f"{self.file}, byte {part.offset}"
            if time is None:
                counts.unreadable += 1
                yield Delivery(lines.unreadable_line(part), now, origin)
                continue
            day = _day(time.second, self.settings.zone)
            if not self.first <= day <= self.last:
                counts.outside += 1
                yield None
                continue
            counts.count(time.second, is_local=time.is_computed)
            self.days[day] += 1
            yield Delivery(lines.line(part, time), now, origin)

    def report(self, *, is_dry: bool) -> None:
        """Print what was imported, what was not, and what to do next; raises CommandError."""
        self._show_chats(is_dry=is_dry)
        if is_dry:
            if self.days:
                print_days(self.days, self.settings, "Nothing was stored.")
        else:
            print_landed(self.stats, self.settings)
        if self.days:
            show(f"Days with messages, each a partition: {len(self.days):,}.")
        if self.fault:
            raise CommandError(
                f"{self.file} is damaged: {self.fault}. What is before it was imported."
            )
        if self.unseen:
            raise CommandError(f"{self.file} has no chat {min(self.unseen)}, which --chat names.")
        if not self.imported:
            raise CommandError(f"Nothing of {self.file} was imported.")
        raise_rejected(self.stats)

    def _show_chats(self, *, is_dry: bool) -> None:
        for each in self.imported:
            show(each.describe(self.settings.zone))
        for reason, chats in self.left_out.items():
            named = chats if is_dry else chats[:EXAMPLES]
            for label, number in named:
                show(f"{label} is not imported: {reason.value.format(id=number)}.")
            if others := len(chats) - len(named):
                show(f"{others:,} more for the same reason; --dry-run names them.")
        if local := sum(each.local_times for each in self.imported):
            show(
                f"Messages with a local time only: {local:,}. It was read as that of "
                f"{self.exported_in.key} (--timezone); an hour that occurs twice, as the first."
            )


def _day(second: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(second, zone).date()
