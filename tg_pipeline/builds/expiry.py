"""Expiry: raise the floors of retention to the days that are to be kept, and delete all below them.

The floors are written first, so that no build brings back what is deleted; a run that is killed
after that is completed by the next one.
"""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import obstore
from obstore.store import LocalStore, ObjectStore

from lambda_ingest.arrivals import JOURNAL_PREFIX
from lambda_ingest.landing import LANDING_PREFIX, REJECTED_PREFIX
from lambda_ingest.synthetic.gap_markers import GAPS_PREFIX
from lambda_ingest.synthetic.replies import REPLIES_PREFIX
from tg_pipeline.events.dead_letters import REJECTED_EVENTS
from tg_pipeline.lake.floors import Floors, TableGroup, raise_floors, read_floors
from tg_pipeline.lake.landing_state import PREFIX as LISTINGS
from tg_pipeline.lake.partitions import THREADS, Lake
from tg_pipeline.landing.zone import days_under
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline.settings import KeepDays
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import list_pages, retry

if TYPE_CHECKING:
    from obstore import ObjectMeta

DAY_FOLDERS: Final[Mapping[TableGroup, tuple[str, ...]]] = {
    TableGroup.LANDING: (
        *(LANDING_PREFIX, REJECTED_PREFIX, REPLIES_PREFIX),
        *(JOURNAL_PREFIX, GAPS_PREFIX),
    ),
    TableGroup.RAW: (RAW_UPDATES.name, QUARANTINE.name, DEDUPED_UPDATES.name),
    TableGroup.ENRICHED: (ENRICHED_UPDATES.name,),
    TableGroup.MARTS: tuple(mart.name for mart in DAILY_MARTS),
}
"""The prefixes with a folder `context_date=…` a day: LANDING in the landing zone, others in the
lake. The marts over all days are in no group: they are rebuilt from the days that are left.

With RAW, the listings expire that raw_updates was read from; with LANDING, messages of the events
queue that could not be read, by their age.
"""

_DAY: Final = re.compile(r"/context_date=(\d{4}-\d{2}-\d{2})\.")

Accept = Callable[["ObjectMeta"], bool]


@dataclass(slots=True)
class Expired:
    """What was deleted of a group of tables, or would be."""

    objects: int = 0
    bytes: int = 0
    days: set[date] = field(default_factory=set)

    def add(self, day: date | None, objects: int, size: int) -> None:
        """Count objects of a day, or of several days."""
        self.objects += objects
        self.bytes += size
        if day and objects:
            self.days.add(day)


@dataclass(frozen=True, slots=True)
class _Part:
    """Objects that have expired: those below a prefix that `accepts`."""

    group: TableGroup
    store: ObjectStore
    prefix: str
    day: date | None
    """The day of the folder; None for objects of several days."""
    accepts: Accept


def floors_on(today: date, keep: KeepDays) -> Floors:
    """Return the first days to keep: so many whole days before today, and today."""
    first = {
        group.value: date.fromordinal(max(today.toordinal() - days, 1))
        for group in TableGroup
        if (days := getattr(keep, group.value)) is not None
    }
    return Floors(**first)


def expire(
    landing: ObjectStore, lake: Lake, asked: Floors, *, dry_run: bool = False
) -> tuple[Floors, dict[TableGroup, Expired]]:
    """Raise the floors to those asked, and delete all below; return the floors and the counts.

    With `dry_run`, nothing is changed. Raises StoreError.
    """
    floors = read_floors(landing).raised_to(asked) if dry_run else raise_floors(landing, asked)
    found = {group: Expired() for group in TableGroup if floors.of(group)}
    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(_parts(landing, lake, floors))
        counts = pool.map(lambda part: _expire_part(part, dry_run=dry_run), parts)
        for part, (objects, size) in zip(parts, counts, strict=True):
            found[part.group].add(part.day, objects, size)
    return floors, found


def _parts(landing: ObjectStore, lake: Lake, floors: Floors) -> Iterator[_Part]:
    for group, prefixes in DAY_FOLDERS.items():
        store = landing if group is TableGroup.LANDING else lake.store
        for prefix in prefixes if floors.of(group) else ():
            for day in days_under(store, prefix):
                if not floors.keeps(group, day):
                    yield _Part(group, store, f"{prefix}/context_date={day}", day, _any_object)
    if floors.raw:
        yield _Part(TableGroup.RAW, lake.store, LISTINGS, None, _named_before(floors.raw))
    if floors.landing:
        written = _written_before(floors.landing)
        yield _Part(TableGroup.LANDING, lake.store, REJECTED_EVENTS, None, written)


def _any_object(_meta: "ObjectMeta") -> bool:
    return True


def _named_before(floor: date) -> Accept:
    def accepts(meta: "ObjectMeta") -> bool:
        found = _DAY.search(meta["path"])
        return found is not None and found[1] < floor.isoformat()

    return accepts


def _written_before(floor: date) -> Accept:
    start = datetime.combine(floor, time(), UTC)
    return lambda meta: meta["last_modified"] < start


def _expire_part(part: _Part, *, dry_run: bool) -> tuple[int, int]:
    """Delete the objects of a part, a page at a time; return their number and size."""
    objects = size = 0
    for page in list_pages(part.store, part.prefix):
        expired = [meta for meta in page if part.accepts(meta)]
        if expired and not dry_run:
            _delete(part.store, [meta["path"] for meta in expired])
        objects += len(expired)
        size += sum(meta["size"] for meta in expired)
    if part.day and not dry_run and isinstance(part.store, LocalStore) and part.store.prefix:
        # What is left are temporary files, which listings leave out.
        shutil.rmtree(Path(part.store.prefix, part.prefix), ignore_errors=True)
    return objects, size


def _delete(store: ObjectStore, keys: Sequence[str]) -> None:
    """Delete objects: a bucket's in one request. Those that are gone already are no error."""
    with translate_errors(store), suppress(FileNotFoundError):
        retry(lambda: obstore.delete(store, keys))
