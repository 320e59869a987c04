"""New rows are merged into old ones in the order of (object_key, line)."""

from collections.abc import Iterator

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.layers.batches import Merge

OBJECTS = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(1, 4), max_size=12)


def batches(rows: list[tuple[str, int]], size: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(rows), size):
        keys, lines = zip(*rows[start : start + size], strict=True)
        yield pa.record_batch({"object_key": list(keys), "line": list(lines)})


@settings(max_examples=40)
@given(OBJECTS, st.sets(st.text("abc", min_size=1, max_size=3)), st.integers(1, 5))
def test_merged_rows_are_all_rows_in_order(
    objects: dict[str, int], is_new: set[str], size: int
) -> None:
    # Given the rows of some objects, some of which are new
    rows = sorted((key, line + 1) for key, count in objects.items() for line in range(count))
    old = [row for row in rows if row[0] not in is_new]
    new = [row for row in rows if row[0] in is_new]

    # When the new ones are merged, in batches that may split objects
    merge = Merge(batches(old, size))
    merged = [out for batch in batches(new, size) for out in merge.push(batch)]
    merged += merge.rest()

    # Then every row is there once, in order
    pairs = [
        pair
        for out in merged
        for pair in zip(out["object_key"].to_pylist(), out["line"].to_pylist(), strict=True)
    ]
    assert pairs == rows
