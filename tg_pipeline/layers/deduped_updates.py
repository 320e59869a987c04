"""raw_updates → deduped_updates: one row per (bot_id, update_id), the copy that landed first.

A day is read twice: first its narrow key columns, to find the duplicates, then its rows, to drop
them. Keys are sorted one shard at a time, so memory does not grow with the day.
"""

from collections.abc import Callable, Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.layers.raw_updates import RawUpdate
from tg_pipeline.layers.schema import Layer

DEDUPED_UPDATES: Final = Layer(
    "deduped_updates",
    "One row per (bot_id, update_id): of several landed copies the first, by received_at, then "
    "object_key, then line; a copy of an update of the day before is left out.",
    RawUpdate,
)

KEY_COLUMNS: Final = ["bot_id", "update_id", "received_at"]
"""The columns that `duplicate_positions` reads."""

SHARD_ROWS: Final = 500_000
"""Keys sorted at a time: 32 bytes each, so about 16 MB, and as much again while sorting."""

DAY_BEFORE: Final = -1
"""The position of each row of the day before: sorted before all rows of this day."""

ReadKeys = Callable[[], Iterator[pa.RecordBatch]]
"""Reads the KEY_COLUMNS of a day's raw rows, in their order; called once per shard."""

_SORT_KEY: Final = pa.schema(
    [
        ("bot_id", pa.int64()),
        ("update_id", pa.int64()),
        ("is_today", pa.bool_()),
        ("received_at", pa.timestamp("us", tz="UTC")),
        ("position", pa.int64()),
    ]
)
"""Sorted by these columns, the copy to keep comes first among the copies of an update."""


def duplicate_positions(today: ReadKeys, day_before: ReadKeys, rows: int) -> pa.Array:
    """Return the positions of today's raw rows that are copies of an earlier row, ascending.

    `rows` is the number of rows of both days together.
    """
    shards = 1
    while shards * SHARD_ROWS < rows:
        shards *= 2
    found = [
        _duplicates_in(_read_shard(today(), day_before(), number, shards))
        for number in range(shards)
    ]
    positions = pa.concat_arrays(found)
    return positions.take(pc.sort_indices(positions))


def drop_rows(batches: Iterator[pa.RecordBatch], positions: pa.Array) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a stream without those at `positions` (ascending), in their order."""
    offset = dropped = 0
    for batch in batches:
        candidates = positions.slice(dropped, batch.num_rows)
        count = pc.sum(pc.less(candidates, offset + batch.num_rows)).as_py() or 0
        if count:
            own = pa.array(range(offset, offset + batch.num_rows), pa.int64())
            yield batch.filter(pc.invert(pc.is_in(own, value_set=candidates.slice(0, count))))
        else:
            yield batch
        offset += batch.num_rows
        dropped += count


def _read_shard(
    today: Iterator[pa.RecordBatch], day_before: Iterator[pa.RecordBatch], number: int, shards: int
) -> pa.Table:
    """Read the keys of both days whose update_id belongs to one shard, with their positions."""
    offset = 0
    parts = [
        _sort_keys(batch, pa.repeat(DAY_BEFORE, batch.num_rows), number, shards)
        for batch in day_before
    ]
    for batch in today:
        positions = pa.array(range(offset, offset + batch.num_rows), pa.int64())
        parts.append(_sort_keys(batch, positions, number, shards))
        offset += batch.num_rows
    return pa.Table.from_batches(parts, schema=_SORT_KEY)


def _sort_keys(
    batch: pa.RecordBatch, positions: pa.Array, number: int, shards: int
) -> pa.RecordBatch:
    positions = positions.cast(pa.int64())
    keys = pa.record_batch(
        [
            batch["bot_id"],
            batch["update_id"],
            pc.not_equal(positions, DAY_BEFORE),
            batch["received_at"],
            positions,
        ],
        schema=_SORT_KEY,
    )
    return keys.filter(pc.equal(pc.bit_wise_and(batch["update_id"], shards - 1), number))


def _duplicates_in(keys: pa.Table) -> pa.Array:
    """Return the positions of today's rows that sort after another row of the same update."""
    order = [(name, "ascending") for name in _SORT_KEY.names]
    ranked = keys.take(pc.sort_indices(keys, sort_keys=order)).combine_chunks()
    is_copy = pc.and_(_equals_row_before(ranked["bot_id"]), _equals_row_before(ranked["update_id"]))
    return _flat(ranked["position"].slice(1).filter(pc.and_(is_copy, ranked["is_today"][1:])))


def _equals_row_before(column: pa.ChunkedArray) -> pa.Array:
    values = _flat(column)
    return pc.equal(values.slice(1), values.slice(0, max(len(values) - 1, 0)))


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
