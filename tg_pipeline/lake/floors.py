"""The floors of retention: the first day that is kept of each group of tables.

A floor is an object of the landing zone whose key contains the day, so that a listing is all that
readers need, and the latest day counts. A floor therefore only ever rises, whatever the order of
concurrent writers: the days below it are gone.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

import obstore
from obstore.store import ObjectStore

from lambda_ingest.store import put_if_absent
from tg_pipeline.landing.zone import valid_day
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import list_pages, retry

FLOORS_PREFIX: Final = "privacy/floors"
"""The folder of the landing zone that holds the floors: `<group>-<first day kept>.json`."""


class TableGroup(Enum):
    """Tables that are kept equally long."""

    LANDING = "landing"
    """The landing zone."""
    RAW = "raw"
    """raw_updates, quarantine, deduped_updates, and the listings that they were read from."""
    ENRICHED = "enriched"
    """enriched_updates."""
    MARTS = "marts"
    """The daily marts."""


_FLOOR: Final = re.compile(
    rf"{FLOORS_PREFIX}/(?P<group>{'|'.join(group.value for group in TableGroup)})"
    r"-(?P<day>\d{4}-\d{2}-\d{2})\.json"
)


@dataclass(frozen=True, slots=True)
class Floors:
    """The first day that is kept of each group of tables; None keeps all days."""

    landing: date | None = None
    raw: date | None = None
    enriched: date | None = None
    marts: date | None = None

    def of(self, group: TableGroup) -> date | None:
        """Return the first day that is kept of a group."""
        day: date | None = getattr(self, group.value)
        return day

    def keeps(self, group: TableGroup, day: date) -> bool:
        """Return whether a day of a group is kept."""
        floor = self.of(group)
        return floor is None or day >= floor

    def raised_to(self, other: "Floors") -> "Floors":
        """Return the later day of each group."""
        pairs = {group.value: (self.of(group), other.of(group)) for group in TableGroup}
        return Floors(
            **{name: max(filter(None, pair), default=None) for name, pair in pairs.items()}
        )

    def allow_build(self, day: date) -> bool:
        """Return whether a day can be built that was never built: its input and result are kept."""
        return self.keeps(TableGroup.LANDING, day) and self.keeps(TableGroup.RAW, day)


ALL_DAYS: Final = Floors()
"""Every day is kept."""


def read_floors(landing: ObjectStore) -> Floors:
    """Return the floors of a landing zone, by one listing; raises StoreError."""
    return _highest(_stored(landing))


def raise_floors(landing: ObjectStore, floors: Floors) -> Floors:
    """Store floors, durably, and return those that now apply: never lower than before.

    Raises StoreError.
    """
    before = _stored(landing)
    for group in TableGroup:
        if day := floors.of(group):
            with translate_errors(landing):
                put_if_absent(landing, _key(group, day), b"{}")
    _delete_lower(landing, before)
    return read_floors(landing)


def _highest(stored: Iterable["_Stored"]) -> Floors:
    latest: dict[str, date] = {}
    for each in stored:
        latest[each.group.value] = max(each.day, latest.get(each.group.value, each.day))
    return Floors(**latest)


def _delete_lower(landing: ObjectStore, before: Sequence["_Stored"]) -> None:
    """Delete the floors below those that applied before.

    These stay until the next time: the listing of a folder may miss a name that appears meanwhile.
    """
    applied = _highest(before)
    lower = [each.key for each in before if not applied.keeps(each.group, each.day)]
    if lower:
        with translate_errors(landing):
            retry(lambda: obstore.delete(landing, lower))


@dataclass(frozen=True, slots=True)
class _Stored:
    """A floor as stored."""

    group: TableGroup
    day: date
    key: str


def _stored(landing: ObjectStore) -> list[_Stored]:
    """Return all floors; objects of other names are ignored."""
    return [
        _Stored(TableGroup(match["group"]), day, meta["path"])
        for page in list_pages(landing, FLOORS_PREFIX)
        for meta in page
        if (match := _FLOOR.fullmatch(meta["path"])) and (day := valid_day(match["day"]))
    ]


def _key(group: TableGroup, day: date) -> str:
    return f"{FLOORS_PREFIX}/{group.value}-{day.isoformat()}.json"
