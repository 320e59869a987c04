"""Which update ids a day of raw_updates holds, by bot: compact enough for the footer of the day.

Telegram numbers the updates of a bot in sequence, so a day is one range of ids, or a few. The
ranges tell whether two days can hold copies of the same update, and which ids are missing, without
reading a row. https://core.telegram.org/bots/api#update

Synthetic ids ascend with the time, but are not in sequence: those of a day are stated as one range.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lambda_ingest.synthetic.updates import FIRST_SYNTHETIC_ID

UPDATE_IDS: Final = "update_ids"
"""The footer key."""

COUNTED_IDS: Final = "counted_update_ids"
"""The key in an index for the ids of rows whose footer does not state them, in the same form."""

MAX_RANGES: Final = 128
"""Ranges that are stored of a bot's day: 4 KB in a footer. More are rounded to a coarser grid."""

MAX_HELD_RANGES: Final = 1_000_000
"""Ranges that are held while a day is written: 16 MB as numbers, some 100 MB as tuples."""

FEW_RANGES: Final = 1_000
"""Ranges that are merged at once; more are merged when their number has doubled."""

IdRange = tuple[int, int]
"""A first and a last id, both included."""


class BotIds(msgspec.Struct, frozen=True, array_like=True):
    """The update ids of one bot in the rows of a day."""

    rows: int
    """Rows of the bot, including copies of the same update, without synthetic updates."""
    first_received_at: int
    last_received_at: int
    """When the first and the last of them arrived: microseconds since 1970, UTC; 0 if there are
    none."""
    grid: int
    """Each range begins at a multiple of `grid` and ends before one. 1: the ranges are exact. Else
    they cover all ids, but also others, and gaps shorter than that are not known."""
    ranges: list[IdRange]
    """Ascending, without overlap; at most MAX_RANGES, and one from the first to the last synthetic
    id, which is never exact."""

    @property
    def is_exact(self) -> bool:
        """Whether the ranges hold the ids of the rows and no others."""
        return self.grid == 1


class UpdateIdCounter:
    """Collects the ids of the rows of a day, in whatever order they come."""

    def __init__(self) -> None:
        """Start without rows."""
        self._bots: dict[int, _Collected] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Add rows with the columns `bot_id`, `update_id` and `received_at`."""
        keys = batch.select(["bot_id", "update_id", "received_at"])
        bots = pc.unique(keys["bot_id"]).to_pylist()
        for bot_id in bots:
            rows = keys if len(bots) == 1 else keys.filter(pc.equal(keys["bot_id"], bot_id))
            self._bots.setdefault(bot_id, _Collected()).add(rows)

    def encode(self) -> str:
        """Return the ids as the text for a footer; the same for the same rows in any order."""
        found = {str(bot): self._bots[bot].result() for bot in sorted(self._bots)}
        return msgspec.json.encode(found).decode()


def decode_update_ids(text: str) -> dict[int, BotIds]:
    """Return the ids by bot from a footer's text; raises msgspec.MsgspecError."""
    return _DECODER.decode(text)


_DECODER: Final = msgspec.json.Decoder(dict[int, BotIds])


def overlap(one: Mapping[int, BotIds], other: Mapping[int, BotIds]) -> bool:
    """Return whether two days may hold copies of the same update; False if they surely don't."""
    return any(
        _ranges_overlap(ids.ranges, other[bot].ranges) for bot, ids in one.items() if bot in other
    )


class RangesByDay:
    """The update ids of many days, to find the days that may hold copies of a day's updates."""

    def __init__(self, ids: Mapping[date, Mapping[int, BotIds]]) -> None:
        """Compare with these days."""
        self.by_day = ids
        bounds = defaultdict(list)
        for day, bots in ids.items():
            for bot, found in bots.items():
                for is_synthetic, first, last in _bounds(found.ranges):
                    bounds[bot, is_synthetic].append((day.toordinal(), first, last))
        self._bounds = {key: np.array(each, np.int64).T for key, each in bounds.items()}

    def overlapping(self, day: date, ids: Mapping[int, BotIds]) -> list[date]:
        """Return the days before `day` that may hold copies of updates with `ids`, ascending."""
        found: set[date] = set()
        for bot, own in ids.items():
            for is_synthetic, first, last in _bounds(own.ranges):
                if (bot, is_synthetic) not in self._bounds:
                    continue
                days, firsts, lasts = self._bounds[bot, is_synthetic]
                is_near = (firsts <= last) & (lasts >= first)
                near = map(date.fromordinal, days[is_near & (days < day.toordinal())].tolist())
                found.update(
                    each
                    for each in near
                    if _ranges_overlap(own.ranges, self.by_day[each][bot].ranges)
                )
        return sorted(found)


def _bounds(ranges: list[IdRange]) -> Iterator[tuple[bool, int, int]]:
    """Yield the first and the last id of the updates, and of the synthetic ones, if any."""
    if ranges and ranges[0][0] < FIRST_SYNTHETIC_ID:
        last = ranges[-1] if ranges[-1][0] < FIRST_SYNTHETIC_ID else ranges[-2]
        yield False, ranges[0][0], last[1]
    if ranges and ranges[-1][0] >= FIRST_SYNTHETIC_ID:
        yield True, *ranges[-1]


def _ranges_overlap(one: list[IdRange], other: list[IdRange]) -> bool:
    if not one or not other or one[-1][1] < other[0][0] or other[-1][1] < one[0][0]:
        return False
    left = right = 0
    while left < len(one) and right < len(other):
        if one[left][1] < other[right][0]:
            left += 1
        elif other[right][1] < one[left][0]:
            right += 1
        else:
            return True
    return False


def merge_ranges(ranges: Iterable[IdRange]) -> list[IdRange]:
    """Return ranges in ascending order, with those that overlap or touch merged."""
    merged: list[IdRange] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


@dataclass(slots=True)
class _Collected:
    """The ids of one bot so far."""

    rows: int = 0
    first_received_at: int = 0
    last_received_at: int = 0
    grid: int = 1
    merged: int = 0
    ranges: list[IdRange] = field(default_factory=list)
    synthetic: IdRange | None = None

    def add(self, rows: pa.RecordBatch) -> None:
        is_update = pc.less(rows["update_id"], FIRST_SYNTHETIC_ID)
        if is_update.true_count != rows.num_rows:
            self._add_synthetic(rows.filter(pc.invert(is_update)))
            rows = rows.filter(is_update)
        if not rows.num_rows:
            return
        bounds = pc.min_max(rows["received_at"].cast(pa.int64())).as_py()
        self.first_received_at = (
            min(self.first_received_at, bounds["min"]) if self.rows else bounds["min"]
        )
        self.last_received_at = max(self.last_received_at, bounds["max"])
        self.rows += rows.num_rows
        self.ranges += _ranges_of(rows["update_id"])
        if len(self.ranges) > max(FEW_RANGES, 2 * self.merged):
            self._merge(MAX_HELD_RANGES)

    def _add_synthetic(self, rows: pa.RecordBatch) -> None:
        found = pc.min_max(rows["update_id"]).as_py()
        first, last = self.synthetic or (found["min"], found["max"])
        self.synthetic = min(first, found["min"]), max(last, found["max"])

    def _merge(self, limit: int) -> None:
        self.ranges = merge_ranges(self.ranges)
        while len(self.ranges) > limit:
            # Each grid contains the coarser ones, so the result does not depend on when this is.
            self.grid *= 2
            self.ranges = merge_ranges(_rounded(self.ranges, self.grid))
        self.merged = len(self.ranges)

    def result(self) -> BotIds:
        self._merge(MAX_RANGES)
        ranges = [*self.ranges, self.synthetic] if self.synthetic else self.ranges
        return BotIds(self.rows, self.first_received_at, self.last_received_at, self.grid, ranges)


def _rounded(ranges: list[IdRange], grid: int) -> list[IdRange]:
    return [(first // grid * grid, last // grid * grid + grid - 1) for first, last in ranges]


def _ranges_of(ids: pa.Array) -> list[IdRange]:
    """Return the ranges of ids without gaps."""
    ordered = pc.unique(ids)
    ordered = ordered.take(pc.sort_indices(ordered))
    is_last = pc.not_equal(pc.subtract(ordered[1:], ordered[:-1]), 1)
    firsts = pa.concat_arrays([ordered[:1], ordered[1:].filter(is_last)])
    lasts = pa.concat_arrays([ordered[:-1].filter(is_last), ordered[-1:]])
    return list(zip(firsts.to_pylist(), lasts.to_pylist(), strict=True))
