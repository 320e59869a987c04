"""raw_updates → deduped_updates: one row per (bot_id, update_id), the first that landed.

Two readings of a day. The narrow key columns say which rows are repeats; the rows themselves then
stream past that mark. Keys are sorted a share at a time, so memory does not grow with the day.
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
"""What telling repeats apart takes."""

SHARE_ROWS: Final = 500_000
"""Keys sorted at a time: 32 bytes each, so some 16 MB and as much again while they are sorted."""

EARLIER: Final = -1
"""The position of a row of the day before: ahead of all rows of this one."""

ReadKeys = Callable[[], Iterator[pa.RecordBatch]]
"""Reads the KEY_COLUMNS of a day's raw rows, in their order; called once a share."""


def repeats(today: ReadKeys, day_before: ReadKeys, rows: int) -> pa.Array:
    """Give the positions of today's raw rows that repeat an earlier one, ascending.

    `rows` is how many rows both days have in all.
    """
    shares = 1
    while shares * SHARE_ROWS < rows:
        shares *= 2
    found = [
        _repeats_among(_share(today(), day_before(), number, shares)) for number in range(shares)
    ]
    positions = pa.concat_arrays(found)
    return positions.take(pc.sort_indices(positions))


def drop(batches: Iterator[pa.RecordBatch], positions: pa.Array) -> Iterator[pa.RecordBatch]:
    """Give the rows of a stream without those at `positions` (ascending), in their order."""
    offset = passed = 0
    for batch in batches:
        window = positions.slice(passed, batch.num_rows)
        here = pc.sum(pc.less(window, offset + batch.num_rows)).as_py() or 0
        if here:
            own = pa.array(range(offset, offset + batch.num_rows), pa.int64())
            yield batch.filter(pc.invert(pc.is_in(own, value_set=window.slice(0, here))))
        else:
            yield batch
        offset += batch.num_rows
        passed += here


def _share(
    today: Iterator[pa.RecordBatch], day_before: Iterator[pa.RecordBatch], number: int, shares: int
) -> pa.Table:
    """Give the keys of both days whose update_id belongs to one share, with their positions."""
    offset = 0
    parts = [
        _keys(batch, pa.repeat(EARLIER, batch.num_rows), number, shares) for batch in day_before
    ]
    for batch in today:
        positions = pa.array(range(offset, offset + batch.num_rows), pa.int64())
        parts.append(_keys(batch, positions, number, shares))
        offset += batch.num_rows
    return pa.Table.from_batches(parts, schema=_KEY_SCHEMA)


_KEY_SCHEMA: Final = pa.schema(
    [
        ("bot_id", pa.int64()),
        ("update_id", pa.int64()),
        ("is_today", pa.bool_()),
        ("received_at", pa.timestamp("us", tz="UTC")),
        ("position", pa.int64()),
    ]
)


def _keys(batch: pa.RecordBatch, positions: pa.Array, number: int, shares: int) -> pa.RecordBatch:
    positions = positions.cast(pa.int64())
    keys = pa.record_batch(
        [
            batch["bot_id"],
            batch["update_id"],
            pc.not_equal(positions, EARLIER),
            batch["received_at"],
            positions,
        ],
        schema=_KEY_SCHEMA,
    )
    return keys.filter(pc.equal(pc.bit_wise_and(batch["update_id"], shares - 1), number))


def _repeats_among(keys: pa.Table) -> pa.Array:
    """Give the positions of today's rows that stand behind another row of the same update."""
    order = [(name, "ascending") for name in _KEY_SCHEMA.names]
    ranked = keys.take(pc.sort_indices(keys, sort_keys=order)).combine_chunks()
    same_as_before = pc.and_(
        _equals_row_before(ranked["bot_id"]), _equals_row_before(ranked["update_id"])
    )
    return _flat(
        ranked["position"].slice(1).filter(pc.and_(same_as_before, ranked["is_today"][1:]))
    )


def _equals_row_before(column: pa.ChunkedArray) -> pa.Array:
    values = _flat(column)
    return pc.equal(values.slice(1), values.slice(0, max(len(values) - 1, 0)))


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
