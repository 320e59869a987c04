"""Ordered merge of Arrow batches; GC pause."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

ORDER: Final = [("object_key", "ascending"), ("line", "ascending")]


class Merge:
    """Takes new rows a batch at a time and gives old and new in order, a batch of each in hand.

    New batches must come in order, and no object may have rows on both sides.
    """

    def __init__(self, old: Iterator[pa.RecordBatch]) -> None:
        """Merge into `old`."""
        self._old = old
        self._left = _next(old)

    def push(self, new: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Give all rows that are certain to come no later than those of `new`, and `new` itself."""
        right = new if new.num_rows else None
        while right is not None and self._left is not None:
            bound = min(_last_key(self._left), _last_key(right))
            left_part, left = _cut(self._left, bound)
            right_part, right = _cut(right, bound)
            self._left = left or _next(self._old)
            yield _sorted(left_part, right_part)
        if right is not None:
            yield right

    def rest(self) -> Iterator[pa.RecordBatch]:
        """Give the old rows behind the last new one."""
        if self._left is not None:
            yield self._left
        yield from self._old


def _next(batches: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
    return next((batch for batch in batches if batch.num_rows), None)


def _last_key(batch: pa.RecordBatch) -> str:
    key: str = batch["object_key"][-1].as_py()
    return key


def _cut(batch: pa.RecordBatch, bound: str) -> tuple[pa.RecordBatch, pa.RecordBatch | None]:
    """Split an ordered batch behind the last row of `bound`; None stands for an empty rest."""
    within = pc.sum(pc.less_equal(batch["object_key"], bound)).as_py() or 0
    rest = batch.slice(within)
    return batch.slice(0, within), rest if rest.num_rows else None


def _sorted(left: pa.RecordBatch, right: pa.RecordBatch) -> pa.RecordBatch:
    if not left.num_rows or not right.num_rows:
        return left if left.num_rows else right
    both = pa.Table.from_batches([left, right])
    return both.sort_by(ORDER).combine_chunks().to_batches()[0]


@contextmanager
def gc_paused() -> Iterator[None]:
    """Spare the collector a walk through thousands of young rows, none of which is garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
