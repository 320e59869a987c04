"""What landed and waits, for a monitor."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from obstore.store import ObjectStore

from lambda_ingest.landing import REJECTED_PREFIX
from tg_pipeline.builds.day_state import DayState
from tg_pipeline.builds.pipeline_status import Landing
from tg_pipeline.builds.rejected_events import count_set_aside
from tg_pipeline.builds.source import NOTHING
from tg_pipeline.lake.landing_zone import EPOCH
from tg_pipeline.lake.listing import pages
from tg_pipeline.layers.raw_updates import RAW_UPDATES


def landing_status(
    landing: ObjectStore, lake: ObjectStore, due: Sequence[DayState], open_days: Sequence[DayState]
) -> Landing:
    """Say what landed on days that are due, and on those whose nightly run is still to come."""
    return Landing(
        last_at=landed_at([*due, *open_days]),
        pending_objects=sum(map(_pending, due)),
        open_objects=sum(state.objects for state in open_days),
        rejected_objects=sum(map(len, pages(landing, REJECTED_PREFIX))),
        rejected_events=count_set_aside(lake),
    )


def landed_at(states: Iterable[DayState]) -> datetime | None:
    """Give when the newest object of the days was written, in UTC; None where there is none."""
    newest = max((_fingerprint(state.listing)[2] for state in states), default=0)
    return EPOCH + timedelta(microseconds=newest) if newest else None


def _pending(state: DayState) -> int:
    """Count the objects that raw_updates was not built from: one at least, if any has changed."""
    if state.is_raw_current or not state.objects:
        return 0
    read = _fingerprint(state.layers[RAW_UPDATES.name].source or NOTHING)[0]
    return max(state.objects - read, 1)


def _fingerprint(listing: str) -> tuple[int, int, int]:
    """Take a fingerprint of a listing apart: objects, bytes, the newest one's microsecond."""
    objects, size, newest = map(int, listing.split(":"))
    return objects, size, newest
