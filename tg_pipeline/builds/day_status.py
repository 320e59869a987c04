"""How far a day has come: what landed, what each layer holds, and what is missing or late."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum

from obstore.store import ObjectStore

from tg_pipeline.builds.changes import DayState, day_states
from tg_pipeline.lake.lake import Lake
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched_columns import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES

SHOWN_LAYERS = (RAW_UPDATES, QUARANTINE, DEDUPED_UPDATES, ENRICHED_UPDATES)


class Verdict(Enum):
    """What there is to do about a day."""

    BUILT = "built"
    LATE = "late"
    """Something landed since it was built."""
    MISSING = "missing"
    """Something landed, and a layer was never built."""
    OPEN = "open"
    """The day is not over."""
    EMPTY = "empty"
    """Nothing landed."""


@dataclass(frozen=True, slots=True)
class LayerDay:
    """A layer's partition; of one that was never written, `exists` is false."""

    exists: bool
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DayStatus:
    """A day through all layers."""

    day: date
    objects: int
    layers: dict[str, LayerDay]
    verdict: Verdict

    @property
    def duplicates(self) -> int | None:
        """Give the raw rows that deduped_updates left out; None before it is built."""
        raw, deduped = self.layers[RAW_UPDATES.name], self.layers[DEDUPED_UPDATES.name]
        return raw.rows - deduped.rows if deduped.exists else None


def day_statuses(
    landing: ObjectStore, lake: Lake, days: Iterable[date], today: date
) -> Iterator[DayStatus]:
    """Give the status of each day, in the order asked."""
    for state in day_states(landing, lake, days):
        layers = {layer.name: _layer_day(lake, layer.name, state.day) for layer in SHOWN_LAYERS}
        verdict = _verdict(state, all(part.exists for part in layers.values()), today)
        yield DayStatus(state.day, state.objects, layers, verdict)


def _layer_day(lake: Lake, layer: str, day: date) -> LayerDay:
    with lake.open(layer, day) as partition:
        return LayerDay(partition.exists, partition.rows, partition.bytes)


def _verdict(state: DayState, is_built: bool, today: date) -> Verdict:  # noqa: FBT001
    if state.day >= today:
        return Verdict.OPEN
    if is_built:
        return Verdict.LATE if state.is_changed else Verdict.BUILT
    return Verdict.MISSING if state.objects else Verdict.EMPTY
