"""Which days have landed objects that the lake does not have yet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from obstore.store import ObjectStore

from tg_pipeline.builds.raw_day import LISTING
from tg_pipeline.lake.lake import Lake
from tg_pipeline.lake.landing_zone import fingerprint, list_objects
from tg_pipeline.layers.raw_updates import RAW_UPDATES


@dataclass(frozen=True, slots=True)
class DayState:
    """A day's landing zone as it is, and as its raw_updates were built from it."""

    day: date
    objects: int
    listing: str
    built_from: str | None
    """The listing that raw_updates was built from; None where it never was."""

    @property
    def is_changed(self) -> bool:
        """Say whether a build would find something new."""
        return self.listing != self.built_from and (self.objects > 0 or self.built_from is not None)


def day_states(landing: ObjectStore, lake: Lake, days: Iterable[date]) -> list[DayState]:
    """Give the state of each day, in the order asked."""
    return [_day_state(landing, lake, day) for day in days]


def _day_state(landing: ObjectStore, lake: Lake, day: date) -> DayState:
    objects = list_objects(landing, day)
    with lake.open(RAW_UPDATES.name, day) as raw:
        built_from = raw.metadata.get(LISTING)
    return DayState(day, objects.num_rows, fingerprint(objects), built_from)
