"""Lakes with a long history, landed and built without Dagster, so that a run has nothing to do.

cd benchmarks && python -m lib.lakes --days 30 365 1095 --folder /tmp/lakes
"""

import argparse
import gzip
import hashlib
import heapq
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from operator import itemgetter
from pathlib import Path
from typing import Final

from lambda_ingest.arrivals import JOURNAL_PREFIX
from lambda_ingest.landing import TrustLevel, day_prefix
from lambda_ingest.store import open_store, put_if_absent
from lambda_ingest.writer import LandingWriter
from lib.days import DAY, UPDATES_PER_OBJECT, ZONE, Place
from tg_pipeline.builds.layers import (
    build_deduped_updates,
    build_enriched_updates,
    read_known_ids,
)
from tg_pipeline.builds.marts import MartBuilder, mart_builder
from tg_pipeline.builds.parameters import layer_parameters, mart_parameters
from tg_pipeline.builds.raw_updates import LandingSource, build_raw_updates
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.landing.writer import Delivery, land_all, land_batches
from tg_pipeline.landing.zone import list_days
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.mart import Mart
from tg_pipeline.sample import SAMPLE_BOT_ID, deliveries
from tg_pipeline.sample.people import ANONYMOUS_ADMIN
from tg_pipeline.settings import Settings

STEP: Final = 31
"""Days of a mart that one query makes: as many as a run of Dagster builds."""

MONTH: Final = 30
"""Days after which a large bot's updates are those of the month before, with other ids and dates:
to simulate a year takes longer than to build it."""

MESSAGES: Final = 300_000
"""Messages of a large bot in a month."""

COMMUNITIES: Final = 8
"""Samples with people and chats of their own that a large bot is in. More would give basic groups
the ids of supergroups."""

COMMUNITY_STEP: Final = 100_000_000_000
"""Offset between the ids of two communities: more than the largest id of one."""

MONTH_STEP: Final = 1_000_000
"""Offset between the ids of messages of two months."""

FAST: Final = 1
"""The level of compression of repeated months."""

LEAST_TIME: Final = 1_000_000_000
"""Smaller numbers in a date's place are no times."""

_PEOPLE: Final = re.compile(
    rb'"((?:user_|chat_|user_chat_)?id|migrate_(?:to|from)_chat_id)":(-?\d+)'
)
_SHARED: Final = frozenset({b"%d" % SAMPLE_BOT_ID, b"%d" % ANONYMOUS_ADMIN["id"]})
"""Ids that mean the same in every community."""

_DATED: Final = re.compile(rb'"(update_id|[a-z_]*date|message_id|message_thread_id)":(\d+)')

Arrival = tuple[datetime, bytes]
"""When a body arrives, and the body."""


@dataclass(frozen=True, slots=True)
class Bot:
    """The updates of a simulated bot."""

    name: str
    per_day: int
    """Updates of a community per day."""
    communities: int = 1
    repeats_monthly: bool = False
    is_landed_singly: bool = True
    """Whether each update is an object of its own, as the webhook lands it."""


SMALL: Final = Bot("small", 20)

LARGE: Final = Bot(
    "large",
    # 1,194,382 updates of the sample have 1,011,265 messages.
    round(MESSAGES / 1_011_265 * 1_194_382 / MONTH / COMMUNITIES),
    COMMUNITIES,
    repeats_monthly=True,
    is_landed_singly=False,
)


def make_lakes(
    folder: Path, bot: Bot, lengths: Iterable[int], last: date, announce: Callable[[str], None]
) -> dict[int, Place]:
    """Make lakes of the days up to `last`, by their number of days; those that exist are kept.

    The days of a shorter lake are hard links to those of a longer one.
    """
    places = {days: Place(folder / f"{bot.name}-{days}-{last}") for days in lengths}
    longer: Place | None = None
    for days in sorted(places, reverse=True):
        place = places[days]
        if not place.folder.exists():
            announce(f"{place.folder.name}: landing")
            making = Place(place.folder.with_suffix(".part"))
            shutil.rmtree(making.folder, ignore_errors=True)
            first = last - timedelta(days=days - 1)
            if longer:
                link_days(longer, making, first)
            else:
                land(making, bot, first, days)
            announce(f"{place.folder.name}: building")
            build_all_days(making, are_linked=longer is not None)
            (making.folder / "dagster").mkdir()
            making.folder.rename(place.folder)
        longer = longer or place
    return places


def land(place: Place, bot: Bot, first: date, days: int) -> None:
    """Land the updates of some days."""
    simulated = min(days, MONTH) if bot.repeats_monthly else days
    with _pool() as pool:
        communities = pool.map(
            partial(_simulate, first, simulated, bot.per_day), range(bot.communities)
        )
        arrivals = _renumbered(list(communities))
        updates = len({body.partition(b",")[0] for _, body in arrivals})
        by_day: dict[date, list[Arrival]] = {}
        for arrival in arrivals:
            by_day.setdefault(arrival[0].astimezone(ZONE).date(), []).append(arrival)
        list(pool.map(partial(_land, place, bot), by_day.values()))
        if days > simulated:
            landed = sorted((place.folder / "landing").glob(f"{day_prefix(first)[:-10]}*/*.gz"))
            months = range(1, -(-days // simulated))
            list(pool.map(partial(_repeat, place, months, updates), landed))


def build_all_days(place: Place, *, are_linked: bool = False) -> None:
    """Build all tables of all landed days; of days that `are_linked`, only what is stale."""
    settings = _settings(place)
    store, lake = open_store(settings.landing_uri), Lake(settings.lake_uri)
    days = list_days(store)
    layers = layer_parameters(settings, store)
    # Copies of updates of the first day may be on the day before it, which is not linked.
    stale = days[:2] if are_linked else days
    with _pool() as pool:
        if not are_linked:
            list(pool.map(partial(_build_raw, place), stale, chunksize=4))
        read_known_ids(lake, layers.floors).save(lake)
        list(pool.map(partial(_build_typed, place), _groups(stale, 4)))
    with mart_builder(lake, mart_parameters(settings, store)) as builder:
        for mart in ALL_MARTS:
            build_mart(builder, mart, days)


def build_mart(builder: MartBuilder, mart: Mart, days: list[date]) -> None:
    """Build a mart of all days."""
    if not mart.is_daily:
        builder.build(mart)
        return
    for some in _groups(days, STEP):
        builder.build_days(mart, some)


def lake_environment(place: Place) -> dict[str, str]:
    """Return the settings with which a command works on a place's lake."""
    return {
        "TG_LANDING_URI": place.landing_uri,
        "TG_LAKE_URI": place.lake_uri,
        "TG_TIMEZONE": ZONE.key,
        "TG_START_DATE": "2016-01-01",
        "DAGSTER_HOME": str(place.folder / "dagster"),
    }


def _settings(place: Place) -> Settings:
    return Settings.from_environment(lake_environment(place), place.folder)


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"))


def _groups(days: list[date], size: int) -> list[list[date]]:
    return [days[first : first + size] for first in range(0, len(days), size)]


def _simulate(first: date, days: int, per_day: int, number: int) -> list[Arrival]:
    """Return what arrives of a community."""

    def moved(match: re.Match[bytes]) -> bytes:
        value = int(match[2])
        if match[2] in _SHARED or not value:
            return match[0]
        step = COMMUNITY_STEP if value > 0 else -COMMUNITY_STEP
        return b'"%b":%d' % (match[1], value + number * step)

    delivered = deliveries(first, days, per_day, seed=number + 1, zone=ZONE)
    return [(each.arrived_at, _PEOPLE.sub(moved, each.body)) for each in delivered]


def _renumbered(communities: list[list[Arrival]]) -> list[Arrival]:
    """Return what arrives of all communities, by time, with consecutive ids of updates."""
    numbers: dict[tuple[int, bytes], int] = {}
    marked = [
        [(at, number, body) for at, body in arrivals] for number, arrivals in enumerate(communities)
    ]
    found = []
    for at, number, body in heapq.merge(*marked, key=itemgetter(0)):
        head, _, rest = body.partition(b",")
        update_id = numbers.setdefault((number, head), len(numbers) + 1)
        found.append((at, b'{"update_id":%d,%b' % (update_id, rest)))
    return found


def _land(place: Place, bot: Bot, arrivals: list[Arrival]) -> None:
    """Land what arrives on a day."""
    landed = (Delivery(body, at, "the sample") for at, body in arrivals)
    writer = LandingWriter(open_store(place.landing_uri), SAMPLE_BOT_ID, ZONE, TrustLevel.NETWORK)
    results = (
        land_all(writer, landed)
        if bot.is_landed_singly
        else land_batches(writer, landed, UPDATES_PER_OBJECT)
    )
    for _ in results:
        pass


def _repeat(place: Place, months: Iterable[int], updates: int, landed: Path) -> None:
    """Land an object of the first month again in others, with other ids and dates."""
    store, lines = open_store(place.landing_uri), gzip.decompress(landed.read_bytes())
    day = date.fromisoformat(landed.parent.name[-10:])
    for month in months:
        later = timedelta(days=month * MONTH)
        ids, seconds = month * updates, round(later.total_seconds())
        newest = 0

        def moved(match: re.Match[bytes]) -> bytes:
            nonlocal newest
            name, value = match[1], int(match[2])
            if name == b"update_id":
                value += ids  # noqa: B023 - called within the round
            elif not name.endswith(b"date"):
                value += month * MONTH_STEP  # noqa: B023
            elif value > LEAST_TIME:
                value += seconds  # noqa: B023
                newest = max(newest, value) if name == b"date" else newest
            return b'"%b":%d' % (name, value)

        body = _DATED.sub(moved, lines)
        name = f"{SAMPLE_BOT_ID}-{hashlib.sha256(body).hexdigest()}.ndjson.gz"
        arrived_at = datetime.fromtimestamp(newest, UTC)
        put_if_absent(
            store,
            f"{day_prefix(day + later)}/{name}",
            gzip.compress(body, FAST, mtime=0),
            arrived_at,
        )


def _build_raw(place: Place, day: date) -> None:
    settings = _settings(place)
    store = open_store(settings.landing_uri)
    landing, layers = LandingSource(store, SAMPLE_BOT_ID), layer_parameters(settings, store)
    build_raw_updates(landing, Lake(settings.lake_uri), day, layers)


def _build_typed(place: Place, days: list[date]) -> None:
    settings = _settings(place)
    lake = Lake(settings.lake_uri)
    layers = layer_parameters(settings, open_store(settings.landing_uri))
    known = read_known_ids(lake, layers.floors)
    for day in days:
        build_deduped_updates(lake, day, layers, known)
        build_enriched_updates(lake, day, layers)


def link_days(longer: Place, place: Place, first: date) -> None:
    """Link the landed objects, layers and daily marts from `first` on.

    All files are replaced as a whole but the journals of arrivals, which are copied.
    """
    pattern = re.compile(r"context_date=(\d{4}-\d{2}-\d{2})")
    for source in _files(longer.folder):
        day = pattern.search(str(source))
        if day and date.fromisoformat(day[1]) >= first:
            target = place.folder / source.relative_to(longer.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            is_appended_to = JOURNAL_PREFIX in source.parts
            (shutil.copy2 if is_appended_to else os.link)(source, target)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Make the lakes, each in a folder named after its number of days."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the lakes are made")
    parser.add_argument(
        "--days", type=int, nargs="*", default=[], help="of a small bot, 20 updates each"
    )
    parser.add_argument("--large", type=int, nargs="*", default=[], help="days of 10,000 messages")
    parser.add_argument("--last", type=date.fromisoformat, default=DAY, help="the last day")
    options = parser.parse_args()
    for bot, lengths in ((SMALL, options.days), (LARGE, options.large)):
        make_lakes(options.folder.resolve(), bot, lengths, options.last, print)


if __name__ == "__main__":
    main()
