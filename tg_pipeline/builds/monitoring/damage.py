"""Damaged partitions: rebuilt when a build meets one, and searched for by reading all of them.

Nothing is deleted: a damaged file stays until the partition is replaced.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from obstore.store import ObjectStore

from tg_pipeline.builds.layers import build_deduped_updates, build_enriched_updates
from tg_pipeline.builds.mart_sources import buildable_days
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import GONE, LandingSource, build_raw_updates
from tg_pipeline.lake.floors import Floors, TableGroup
from tg_pipeline.lake.landing_state import read_state
from tg_pipeline.lake.partitions import DamagedPartitionError, Lake, PartitionName
from tg_pipeline.landing.sealed_objects import (
    DamagedSealedObjectError,
    check_sealed,
    keys_of_sealed,
)
from tg_pipeline.landing.zone import list_days, list_objects, list_stored
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline.layers.schema import Layer
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS, PARTIAL_MARTS
from tg_pipeline.marts.mart import TableGrain

READ_FROM_LANDING: Final = (RAW_UPDATES.name, QUARANTINE.name)

EXPIRED: Final = (
    "what it is built from has expired, so it can't be built again, and is kept as it is; if you "
    "have a backup of it, put it there, and run tg-pipeline verify --repair"
)

Result = TypeVar("Result")


class LostPartitionError(DamagedPartitionError):
    """A damaged partition can't be built again."""


# Repairs during a build


@dataclass(frozen=True, slots=True)
class Repairs:
    """Rebuilds the damaged partitions of layers that builds meet."""

    landing: LandingSource
    lake: Lake
    parameters: LayerParameters
    warn: Callable[[str], None]
    """Called with one line for each damaged partition."""

    def run(self, day: date | None, build: Callable[[], Result]) -> Result:
        """Return the result of `build`, a build of `day`, again after each repair.

        Another day that can't be repaired is marked, so that the next build does without it. Raises
        LostPartitionError if the day itself can't be repaired, and what `build` raises.
        """
        met: set[tuple[str, PartitionName]] = set()
        while True:
            try:
                return build()
            except DamagedPartitionError as error:
                if (error.layer, error.day) in met:
                    raise
                met.add((error.layer, error.day))
                self._repair(error, is_needed=day is None or error.day == day)

    def run_among(
        self, days: Sequence[date], day: date, build: Callable[[], Result]
    ) -> Result | None:
        """Return the result of `build`, as `run` does; None if the day can't be repaired.

        If it is the only one of the `days` that are built, LostPartitionError is raised.
        """
        try:
            return self.run(day, build)
        except LostPartitionError as lost:
            if len(days) == 1:
                raise
            self.warn(f"{day} is left out: {lost}")
            return None

    def _repair(self, error: DamagedPartitionError, *, is_needed: bool) -> None:
        # Marked first: whatever happens next, the day is not taken for up to date.
        self.lake.mark_damaged(error.layer, error.day)
        try:
            self._rebuild(error)
        except LostPartitionError as lost:
            if is_needed:
                raise
            self.warn(str(lost))
        else:
            self.warn(f"{error.name} was damaged, {error.reason}, and has been built again.")

    def _rebuild(self, error: DamagedPartitionError) -> None:
        day, lake, parameters = error.day, self.lake, self.parameters
        if not isinstance(day, date) or error.layer not in (layer.name for layer in ALL_LAYERS):
            raise error
        if reason := why_not_rebuilt(error.layer, day, self.landing.store, lake, parameters.floors):
            raise _lost(error, reason)
        if error.layer in READ_FROM_LANDING:
            build_raw_updates(self.landing, lake, day, parameters, full=True)
        elif error.layer == DEDUPED_UPDATES.name:
            self.run(day, lambda: self._build_deduped(day))
        else:
            self.run(day, lambda: self._build_enriched(day))

    def _build_deduped(self, day: date) -> None:
        if self.lake.footer_or_raise(RAW_UPDATES.name, day) is None:
            build_raw_updates(self.landing, self.lake, day, self.parameters)
        build_deduped_updates(self.lake, day, self.parameters)

    def _build_enriched(self, day: date) -> None:
        if self.lake.footer_or_raise(DEDUPED_UPDATES.name, day) is None:
            self._build_deduped(day)
        build_enriched_updates(self.lake, day, self.parameters)


def why_not_rebuilt(
    layer: str, day: date, landing: ObjectStore, lake: Lake, floors: Floors
) -> str | None:
    """Return why a damaged day of a layer or a daily mart can't be built again; None if it can."""
    if layer in READ_FROM_LANDING:
        return _why_not_read_again(landing, lake, day, floors)
    if layer == DEDUPED_UPDATES.name:
        return _why_without(lake, (RAW_UPDATES,), day, floors)
    if layer == ENRICHED_UPDATES.name:
        return _why_without(lake, (DEDUPED_UPDATES, RAW_UPDATES), day, floors)
    marts = [mart for mart in DAILY_MARTS if mart.name == layer]
    return None if all(buildable_days(lake, mart, [day], floors) for mart in marts) else EXPIRED


def _why_without(lake: Lake, sources: tuple[Layer, ...], day: date, floors: Floors) -> str | None:
    """Return why none of the sources of a table is there; None if one is, or can be built."""
    if not floors.keeps(TableGroup.RAW, day):
        return EXPIRED
    if floors.keeps(TableGroup.LANDING, day) or any(lake.footer(s.name, day) for s in sources):
        return None
    return EXPIRED


def _why_not_read_again(landing: ObjectStore, lake: Lake, day: date, floors: Floors) -> str | None:
    """Return why a day's raw_updates can't be read from the landing zone again; None if they can.

    Rows of objects that are gone from the landing zone are nowhere else.
    """
    if not floors.keeps(TableGroup.LANDING, day):
        return EXPIRED
    state = read_state(lake, day)
    if state is None:
        return None
    landed = list_objects(landing, day)["object_key"]
    known = state[1].filter(pc.invert(pc.is_in(state[1]["object_key"], value_set=landed)))
    is_marked = pc.equal(known["size"], GONE)
    # Those that were gone before have rows or not: forgotten people's objects have none.
    gone = len(known.filter(pc.invert(is_marked)))
    gone += _count_with_rows(lake, day, known.filter(is_marked)["object_key"])
    if not gone:
        return None
    return (
        f"{gone} of the objects that it was built from are not in the landing zone any more, so it "
        f"is kept as it is; put them back, or build it without them: tg-pipeline run --date {day} "
        "--full"
    )


def _count_with_rows(lake: Lake, day: date, keys: pa.ChunkedArray) -> int:
    """Return how many of the objects have rows in deduped_updates, as far as it is intact."""
    if not len(keys):
        return 0
    try:
        with lake.open(DEDUPED_UPDATES.name, day) as deduped:
            parts = [batch["object_key"].unique() for batch in deduped.project(["object_key"])]
    except DamagedPartitionError:
        return 0
    found = pc.is_in(keys, value_set=pa.chunked_array(parts, pa.string()))
    return pc.sum(found).as_py() or 0


def _lost(error: DamagedPartitionError, remedy: str) -> LostPartitionError:
    return LostPartitionError(error.layer, error.day, error.place, error.reason, remedy)


# Searching for damage


@dataclass(frozen=True, slots=True)
class VerifiedLake:
    """What a search for damage found."""

    partitions: int
    without_checksums: int
    """Partitions of an earlier release: their rows can be read, but may be others than written."""
    damaged: list[DamagedPartitionError] = field(default_factory=list)
    """Those that can't be built again are LostPartitionErrors."""


def partitions_of(lake: Lake, span: tuple[date, date] | None) -> list[tuple[str, PartitionName]]:
    """Return all partitions of layers and marts; with a span of days, only those of its days."""
    days = {table.name: lake.days(table.name) for table in (*ALL_LAYERS, *DAILY_MARTS)}
    found: list[tuple[str, PartitionName]] = [
        (name, day)
        for name, each in days.items()
        for day in each
        if span is None or span[0] <= day <= span[1]
    ]
    if span is None:
        cumulative = (*PARTIAL_MARTS, *CUMULATIVE_MARTS)
        found += ((m.name, month) for m in cumulative for month in lake.months(m.name))
        found += ((m.name, None) for m in cumulative if m.grain is TableGrain.WHOLE)
    return found


def verify_lake(
    landing: ObjectStore,
    lake: Lake,
    floors: Floors,
    partitions: Sequence[tuple[str, PartitionName]],
    advance: Callable[[], object] = lambda: None,
) -> VerifiedLake:
    """Read partitions with all their bytes, and return the damaged ones; raises StoreError."""

    def verify(partition: tuple[str, PartitionName]) -> bool | DamagedPartitionError:
        try:
            return lake.verify(*partition)
        except DamagedPartitionError as error:
            return error
        finally:
            advance()

    found = lake.map_concurrent(verify, partitions)
    errors = (each for each in found if isinstance(each, DamagedPartitionError))
    damaged = [_explained(error, landing, lake, floors) for error in errors]
    return VerifiedLake(len(found), found.count(False), damaged)


def find_damaged_sealed(
    landing: ObjectStore, span: tuple[date, date] | None
) -> tuple[int, list[DamagedSealedObjectError]]:
    """Return the number of sealed objects, all of whose bytes are read, and the damaged ones.

    With a span of days, only those of its days. Raises StoreError.
    """
    days = (day for day in list_days(landing) if span is None or span[0] <= day <= span[1])
    keys = [key for day in days for key in keys_of_sealed(list_stored(landing, day))]
    damaged: list[DamagedSealedObjectError] = []
    for key in keys:
        try:
            check_sealed(landing, key)
        except DamagedSealedObjectError as error:
            damaged.append(error)
    return len(keys), damaged


def _explained(
    error: DamagedPartitionError, landing: ObjectStore, lake: Lake, floors: Floors
) -> DamagedPartitionError:
    """Return an error, as a LostPartitionError if the partition can't be built again."""
    if not isinstance(error.day, date):
        return error
    reason = why_not_rebuilt(error.layer, error.day, landing, lake, floors)
    return _lost(error, reason) if reason else error


def mark_found(
    lake: Lake, partitions: Sequence[tuple[str, PartitionName]], found: VerifiedLake
) -> None:
    """Mark the partitions that were found damaged, and no others; raises StoreError.

    Marked partitions are stale: those that can be built again are built by the next run. Others,
    such as a file that was restored from a backup, are accepted again.
    """
    damaged = {(each.layer, each.day) for each in found.damaged}
    for partition in partitions:
        if partition in damaged:
            lake.mark_damaged(*partition)
        else:
            lake.unmark(*partition)
