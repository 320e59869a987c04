"""Rows of landed lines without forgotten people."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from tg_pipeline.layers.batches import gc_paused

Suppress = Callable[[bytes], bytes | None]
"""Returns a landed line without forgotten people, the same bytes object if there are none in it,
and None if the whole line is a forgotten person's."""


@dataclass(frozen=True, slots=True)
class SuppressedRows:
    """Rows without forgotten people, and the objects of the lines that were changed."""

    rows: pa.RecordBatch
    suppressed: list[str]
    """The `object_key` of each row that was left out: it is a forgotten person's own."""
    redacted: list[str]
    """The `object_key` of each row from which a forgotten person was removed."""


def suppress_rows(rows: pa.RecordBatch, content: str, suppress: Suppress) -> SuppressedRows:
    """Return rows whose column `content` has landed lines, without forgotten people.

    The other columns of a row stay, so rows that are filtered later are the same as rows that were
    filtered when they were read.
    """
    before = rows[content].to_pylist()
    with gc_paused():
        after = list(map(suppress, before))
    changed = [number for number, line in enumerate(after) if line is not before[number]]
    if not changed:
        return SuppressedRows(rows, [], [])
    keys = rows["object_key"].to_pylist()
    column = rows.schema.get_field_index(content)
    kept = pa.array([line is not None for line in after], pa.bool_())
    filtered = rows.set_column(column, rows.schema.field(content), pa.array(after, pa.binary()))
    return SuppressedRows(
        filtered.filter(kept),
        [keys[number] for number in changed if after[number] is None],
        [keys[number] for number in changed if after[number] is not None],
    )
