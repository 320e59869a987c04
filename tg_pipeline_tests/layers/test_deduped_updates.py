"""Duplicates are found and dropped as by a plain loop."""

from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.layers import deduped_updates
from tg_pipeline.layers.deduped_updates import drop_rows, duplicate_positions

Key = tuple[int, int, int]
KEYS = st.lists(st.tuples(st.integers(1, 2), st.integers(0, 6), st.integers(0, 3)), max_size=40)


def reader(keys: list[Key], size: int) -> Callable[[], Iterator[pa.RecordBatch]]:
    def read() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(keys), size):
            bots, updates, instants = zip(*keys[start : start + size], strict=True)
            yield pa.record_batch(
                [
                    pa.array(bots, pa.int64()),
                    pa.array(updates, pa.int64()),
                    pa.array(instants, pa.timestamp("us", tz="UTC")),
                ],
                names=["bot_id", "update_id", "received_at"],
            )

    return read


def plain_loop(today: list[Key], day_before: list[Key]) -> list[int]:
    known = {(bot, update) for bot, update, _ in day_before}
    kept: dict[tuple[int, int], tuple[int, int]] = {}
    for position, (bot, update, instant) in enumerate(today):
        rank = (instant, position)
        if (bot, update) not in known and rank < kept.get((bot, update), (99, 0)):
            kept[bot, update] = rank
    standing = {position for _, position in kept.values()}
    return [position for position in range(len(today)) if position not in standing]


@settings(max_examples=40)
@given(KEYS, KEYS, st.integers(1, 7), st.sampled_from([1, 3, 500]))
def test_duplicates_are_those_of_a_plain_loop_for_any_size_of_batch_and_shard(
    today: list[Key], day_before: list[Key], batch: int, shard: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deduped_updates, "SHARD_ROWS", shard)
        rows = len(today) + len(day_before)
        found = duplicate_positions(reader(today, batch), reader(day_before, batch), rows)

    assert found.to_pylist() == plain_loop(today, day_before)


@settings(max_examples=40)
@given(st.integers(0, 40), st.sets(st.integers(0, 39)), st.integers(1, 7))
def test_dropping_rows_keeps_the_others_in_order(rows: int, dropped: set[int], batch: int) -> None:
    positions = pa.array(sorted(p for p in dropped if p < rows), pa.int64())
    batches = (
        pa.record_batch({"n": list(range(start, min(start + batch, rows)))})
        for start in range(0, rows, batch)
    )

    left = [n for kept in drop_rows(batches, positions) for n in kept["n"].to_pylist()]

    assert left == [n for n in range(rows) if n not in dropped]
