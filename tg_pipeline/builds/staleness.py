"""Day state from footers; last due day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo

from obstore.store import ObjectStore

from tg_pipeline.builds.layers import (
    BUILT_FROM,
    DUPLICATES,
    EMPTY_FINGERPRINT,
    deduped_built_from,
    raw_built_from,
)
from tg_pipeline.lake.landing_zone import list_days, list_objects, listing_fingerprint
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES

ONE_DAY: Final = timedelta(days=1)


class DayStatus(Enum):
    """What there is to do about a day."""

    BUILT = "built"
    LATE = "late"
    """It was built, and what it was built from has changed since."""
    MISSING = "missing"
    """Something landed, and a layer was never built."""
    OPEN = "open"
    """The day is not over."""
    EMPTY = "empty"
    """Nothing landed, and nothing was built."""


@dataclass(frozen=True, slots=True)
class LayerDay:
    """A layer's partition, and what it was built from; None where it was never written."""

    rows: int
    bytes: int
    source: str | None
    duplicates: int = 0
    """Rows that deduped_updates left out."""


@dataclass(frozen=True, slots=True)
class DayState:
    """A day through all layers."""

    day: date
    objects: int
    listing: str
    """The fingerprint of the landing zone as it is."""
    layers: dict[str, LayerDay]
    expected_deduped: str
    """What deduped_updates would be built from now: raw_updates of this day and the one before."""

    @property
    def is_raw_current(self) -> bool:
        """Say whether raw_updates and quarantine are both built from what has landed."""
        parts = (self.layers[RAW_UPDATES.name], self.layers[QUARANTINE.name])
        return all(part.source == self.listing for part in parts)

    @property
    def is_current(self) -> bool:
        """Say whether every layer is built from what stands above it."""
        deduped = self.layers[DEDUPED_UPDATES.name].source
        enriched = self.layers[ENRICHED_UPDATES.name].source
        return self.is_raw_current and deduped == enriched == self.expected_deduped

    @property
    def is_complete(self) -> bool:
        """Say whether every layer has its partition."""
        return all(part.source is not None for part in self.layers.values())

    @property
    def has_something(self) -> bool:
        """Say whether anything landed or was ever built."""
        return self.objects > 0 or any(part.source is not None for part in self.layers.values())

    @property
    def is_stale(self) -> bool:
        """Say whether a build would change anything."""
        return self.has_something and not self.is_current

    def verdict(self, today: date) -> DayStatus:
        """Say what there is to do about the day, seen from `today`."""
        if self.day >= today:
            return DayStatus.OPEN
        if not self.has_something:
            return DayStatus.EMPTY
        if not self.is_complete:
            return DayStatus.MISSING
        return DayStatus.BUILT if self.is_current else DayStatus.LATE


def day_states(landing: ObjectStore, lake: Lake, days: Iterable[date]) -> list[DayState]:
    """Give the state of each day, in the order asked."""
    return lake.map_concurrent(lambda day: _day_state(landing, lake, day), list(days))


def known_days(landing: ObjectStore, lake: Lake) -> list[date]:
    """Give the days on which anything landed or was built, ascending."""
    return sorted({*list_days(landing), *lake.days(RAW_UPDATES.name)})


def stale_days(states: Iterable[DayState]) -> list[date]:
    """Give the days that are due, and the known day behind each whose raw rows will change.

    The copies of an update that landed on two days are told by the raw rows of both, so a change
    of one day decides about the next.
    """
    known = {state.day: state for state in states}
    due = {state.day for state in known.values() if state.is_stale}
    behind = {day + ONE_DAY for day in due if not known[day].is_raw_current}
    return sorted(due | {day for day in behind if day in known and known[day].has_something})


def _day_state(landing: ObjectStore, lake: Lake, day: date) -> DayState:
    objects = list_objects(landing, day)
    layers = {layer.name: _layer_day(lake, layer.name, day) for layer in ALL_LAYERS}
    raw = layers[RAW_UPDATES.name].source or EMPTY_FINGERPRINT
    return DayState(
        day=day,
        objects=objects.num_rows,
        listing=listing_fingerprint(objects),
        layers=layers,
        expected_deduped=deduped_built_from(raw, raw_built_from(lake, day - ONE_DAY)),
    )


def _layer_day(lake: Lake, layer: str, day: date) -> LayerDay:
    footer = lake.footer_or_raise(layer, day)
    if footer is None:
        return LayerDay(0, 0, None)
    left_out = int(footer.metadata.get(DUPLICATES, 0))
    return LayerDay(footer.rows, footer.bytes, footer.metadata.get(BUILT_FROM), left_out)


DAILY_HOUR: Final = 3
"""The local hour of the nightly run: what Telegram retried after midnight is mostly there."""


def last_scheduled_day(now: datetime, zone: ZoneInfo, grace: timedelta = timedelta()) -> date:
    """Give the newest day that the nightly run, `grace` ago or earlier, was to build.

    `now` must be aware.
    """
    local = (now - grace).astimezone(zone)
    due = local.date() if local.time() >= time(DAILY_HOUR) else local.date() - timedelta(days=1)
    return due - timedelta(days=1)
