"""Ordered merge of Arrow batches, and a pause of the garbage collector while batches are built."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

ROW_ORDER: Final = [("object_key", "ascending"), ("line", "ascending")]
"""The order of the rows of every layer."""


class Merge:
    """Merges new rows into old ones, holding one batch of each in memory.

    Both sides must be in ROW_ORDER, and no object may have rows on both sides.
    """

    def __init__(self, old: Iterator[pa.RecordBatch]) -> None:
        """Merge into the rows of `old`."""
        self._old = old
        self._old_batch = _next_nonempty(old)

    def push(self, new: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Yield `new`, merged with all old rows that sort before its last row."""
        new_batch = new if new.num_rows else None
        while new_batch is not None and self._old_batch is not None:
            bound = min(_last_key(self._old_batch), _last_key(new_batch))
            old_part, old_rest = _split_after(self._old_batch, bound)
            new_part, new_batch = _split_after(new_batch, bound)
            self._old_batch = old_rest or _next_nonempty(self._old)
            yield _merged(old_part, new_part)
        if new_batch is not None:
            yield new_batch

    def rest(self) -> Iterator[pa.RecordBatch]:
        """Yield the old rows that sort after the last new one."""
        if self._old_batch is not None:
            yield self._old_batch
        yield from self._old


def _next_nonempty(batches: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
    return next((batch for batch in batches if batch.num_rows), None)


def _last_key(batch: pa.RecordBatch) -> str:
    key: str = batch["object_key"][-1].as_py()
    return key


def _split_after(batch: pa.RecordBatch, key: str) -> tuple[pa.RecordBatch, pa.RecordBatch | None]:
    """Split an ordered batch after the last row of `key`; an empty rest is None."""
    count = pc.sum(pc.less_equal(batch["object_key"], key)).as_py() or 0
    rest = batch.slice(count)
    return batch.slice(0, count), rest if rest.num_rows else None


def _merged(left: pa.RecordBatch, right: pa.RecordBatch) -> pa.RecordBatch:
    if not left.num_rows or not right.num_rows:
        return left if left.num_rows else right
    both = pa.Table.from_batches([left, right])
    return both.sort_by(ROW_ORDER).combine_chunks().to_batches()[0]


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the garbage collector, which would scan thousands of new rows that are all in use."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
