"""What a night and the commands cost after a long history.

A night is one more update on the last day, then `tg-pipeline run`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from lambda_ingest.landing import TrustLevel
from lambda_ingest.store import open_store
from lambda_ingest.writer import LandingWriter, WriteStatus
from lib.commands import count_syncs, measure_command
from lib.days import ZONE, Place
from lib.lakes import SMALL, Bot, make_lakes
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


def measure_nights(
    folder: Path,
    lengths: Mapping[Bot, list[int]],
    last: date,
    rounds: int,
    announce: Callable[[str], None],
) -> list[Row]:
    """Return the cost of a night and of the commands by the length of the history.

    Each night is that of one more update on the last day.
    """
    rows = []
    for bot, days in lengths.items():
        places = make_lakes(folder, bot, days, last, announce)
        for place in places.values():
            announce(f"{place.folder.name}: the first run, which is not measured")
            _run_after_update(place, last)
        rows += _nights(bot, places, last, rounds, announce)
        rows += _commands(bot, places, rounds, announce)
        if bot is SMALL:
            rows += _without_history(places, last, rounds, announce)
    return rows


def _nights(
    bot: Bot, places: dict[int, Place], last: date, rounds: int, announce: Callable[[str], None]
) -> list[Row]:
    costs: dict[int, list[Cost]] = {days: [] for days in places}
    for number in range(1, rounds + 1):
        for days, place in places.items():
            announce(f"round {number}: a night after {days} days of the {bot.name} bot")
            costs[days].append(_run_after_update(place, last))
    shortest = min(places)
    return [
        paired(
            f"a night after {_history(bot, days)}",
            "s",
            costs[days],
            f"after {shortest} days",
            costs[shortest],
        )
        for days in sorted(places)
        if days != shortest
    ]


def _commands(
    bot: Bot, places: dict[int, Place], rounds: int, announce: Callable[[str], None]
) -> list[Row]:
    shortest, longest = min(places), max(places)
    rows = []
    for name, arguments in COMMANDS.items():
        costs: dict[int, list[Cost]] = {shortest: [], longest: []}
        for number in range(1, rounds + 1):
            for days, found in costs.items():
                announce(f"round {number}: {name} after {days} days of the {bot.name} bot")
                found.append(measure_command(places[days], *arguments))
        rows.append(
            paired(
                f"{name} after {_history(bot, longest)}",
                "s",
                costs[longest],
                f"after {shortest} days",
                costs[shortest],
            )
        )
    return rows


def _without_history(
    places: dict[int, Place], last: date, rounds: int, announce: Callable[[str], None]
) -> list[Row]:
    """Return the costs that need one lake only."""
    place = places[min(places)]
    announce("--help")
    rows = [
        alone("`--help`", "s", [measure_command(place, "--help") for _ in range(rounds)]),
    ]
    announce("counting the syncs of a run")
    run_fresh(land_one_more, place, last)
    syncs = count_syncs(place, "run")
    if syncs is None:
        announce("no strace here: the syncs of a run are not counted")
        return rows
    return [*rows, alone("a night, how often it waits for the disk", "syncs", [Cost(syncs)])]


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
