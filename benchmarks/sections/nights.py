"""What a night and the commands cost after a long history.

A night is one more update on the last day, then `tg-pipeline run`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from lambda_ingest.landing import TrustLevel
from lambda_ingest.store import open_store
from lambda_ingest.writer import LandingWriter, WriteStatus
from lib.commands import count_syncs, measure_command
from lib.days import ZONE, Place
from lib.lakes import MONTH, SMALL, Bot, make_lakes
from lib.measure import run_fresh
from lib.table import Cost, Row, alone, paired
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.sample import SAMPLE_BOT_ID

COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "`run`, nothing new": ("run",),
    "`status`": ("status",),
    "`summary`": ("summary",),
    '`sql "select 1"`': ("sql", "select 1"),
    "`report`": ("report", "--output", "report.html"),
}

ONE_DAY: Final = timedelta(days=1)

_ID: Final = re.compile(rb'"(update_id|message_id)":(\d+)')


@dataclass(frozen=True, slots=True)
class Measuring:
    """Where and how often something is measured."""

    folder: Path
    """The folder of the lakes."""
    last: date
    """The last day of the lakes."""
    rounds: int
    announce: Callable[[str], None]

    def lakes(self, bot: Bot, days: list[int]) -> dict[int, Place]:
        """Return the lakes of a bot by their number of days, made if they do not exist."""
        return make_lakes(self.folder, bot, days, self.last, self.announce)

    def in_turns(self, what: str, works: Mapping[int, Callable[[], Cost]]) -> dict[int, list[Cost]]:
        """Return the costs of works by the days of the history, which take turns."""
        costs: dict[int, list[Cost]] = {days: [] for days in works}
        for number in range(1, self.rounds + 1):
            for days, work in works.items():
                self.announce(f"round {number}: {what} after {days} days")
                costs[days].append(work())
        return costs


def measure_nights(measuring: Measuring, bot: Bot, days: list[int]) -> list[Row]:
    """Return the cost of a night and of the commands by the days of the history.

    Each night is that of one more update on the last day.
    """
    places, last = measuring.lakes(bot, days), measuring.last
    for place in places.values():
        measuring.announce(f"{place.folder.name}: the first run, which is not measured")
        _run_after_update(place, last)
    nights = {each: partial(_run_after_update, places[each], last) for each in days}
    rows = _rows("a night", bot, measuring.in_turns("a night", nights))
    for name, arguments in COMMANDS.items():
        ends = (min(days), max(days))
        commands = {each: partial(measure_command, places[each], *arguments) for each in ends}
        rows += _rows(name, bot, measuring.in_turns(name, commands))
    return rows


def measure_one_lake(measuring: Measuring) -> list[Row]:
    """Return the costs that do not depend on the history: of `--help`, and syncs of a night."""
    place = measuring.lakes(SMALL, [MONTH])[MONTH]
    measuring.announce("--help")
    costs = [measure_command(place, "--help") for _ in range(measuring.rounds)]
    rows = [alone("`--help`", "s", costs)]
    measuring.announce("counting the syncs of a night")
    run_fresh(land_one_more, place, measuring.last)
    syncs = count_syncs(place, "run")
    if syncs is None:
        measuring.announce("no strace here: the syncs of a night are not counted")
        return rows
    return [*rows, alone("a night, how often it waits for the disk", "syncs", [Cost(syncs)])]


def _rows(what: str, bot: Bot, costs: dict[int, list[Cost]]) -> list[Row]:
    """Return a row for each history but the shortest, which the others are compared with."""
    (shortest, base), *longer = sorted(costs.items())
    return [
        paired(f"{what} after {_history(bot, days)}", "s", found, f"after {shortest} days", base)
        for days, found in longer
    ]


def _history(bot: Bot, days: int) -> str:
    return f"{days:,} days of {bot.per_day * bot.communities:,} updates"


def _run_after_update(place: Place, last: date) -> Cost:
    run_fresh(land_one_more, place, last)
    return measure_command(place, "run")


def land_one_more(place: Place, day: date) -> None:
    """Land a message of the day once more, as a new one."""
    lake = Lake(place.lake_uri)
    # The last updates of a day may arrive on the next.
    newest = max(max(_column(lake, each, "update_id"), default=0) for each in (day, day + ONE_DAY))
    kinds, payloads = (_column(lake, day, name) for name in ("update_type", "payload"))
    newest_first = zip(reversed(kinds), reversed(payloads), strict=True)
    body = next(payload for kind, payload in newest_first if kind == "message")

    def moved(match: re.Match[bytes]) -> bytes:
        is_update = match[1] == b"update_id"
        return b'"%b":%d' % (match[1], newest + 1 if is_update else int(match[2]) + 1)

    # The first two ids are those of the update and of its message.
    body = _ID.sub(moved, body, count=2)
    writer = LandingWriter(open_store(place.landing_uri), SAMPLE_BOT_ID, ZONE, TrustLevel.NETWORK)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)
    if writer.write(body, noon.astimezone(UTC)).status is not WriteStatus.LANDED:
        raise RuntimeError(f"update {newest + 1} is not new")


def _column(lake: Lake, day: date, name: str) -> list[Any]:
    with lake.open(RAW_UPDATES.name, day) as partition:
        return [value for batch in partition.batches([name]) for value in batch[name].to_pylist()]
