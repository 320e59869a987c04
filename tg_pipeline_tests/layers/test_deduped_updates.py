"""Duplicates are found and dropped as by a plain loop."""

import json
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.layers import deduped_updates
from tg_pipeline.layers.deduped_updates import (
    TODAY,
    Duplicates,
    PayloadHashes,
    ReadRows,
    conflicts,
    drop_rows,
    find_duplicates,
    own_positions,
)

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


def plain_loop(today: list[Key], earlier: list[list[Key]]) -> list[tuple[int, int, int]]:
    """Return the position of each duplicate, with the day and the position of the row kept."""
    kept: dict[tuple[int, int], tuple[int, int]] = {}
    found = []
    for number, keys in [*enumerate(earlier), (TODAY, today)]:
        order = sorted(range(len(keys)), key=lambda position: (keys[position][2], position))
        for position in order:
            update = keys[position][:2]
            if update in kept and number == TODAY:
                found.append((position, *kept[update]))
            kept.setdefault(update, (number, position))
    return sorted(found)


@settings(max_examples=60)
@given(KEYS, st.lists(KEYS, max_size=3), st.integers(1, 7), st.sampled_from([1, 3, 500]))
def test_duplicates_are_those_of_a_plain_loop_for_any_days_and_any_size_of_batch_and_shard(
    today: list[Key], earlier: list[list[Key]], batch: int, shard: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deduped_updates, "SHARD_ROWS", shard)
        found = find_duplicates(
            reader(today, batch), [reader(keys, batch) for keys in earlier], len(today)
        )

    rows = zip(found.positions, found.kept_on, found.kept, strict=True)
    assert [tuple(map(int, row)) for row in rows] == plain_loop(today, earlier)


@pytest.mark.parametrize(
    ("retried", "reads"), [([], 1), ([500], 3), (range(0, 1_000, 100), 3)], ids=["0", "1", "10"]
)
def test_a_large_day_with_few_duplicates_is_read_a_few_times_however_large(
    monkeypatch: pytest.MonkeyPatch, retried: Sequence[int], reads: int
) -> None:
    monkeypatch.setattr(deduped_updates, "SHARD_ROWS", 30)
    ids = sorted([*range(1_000), *retried])
    done = []

    def today() -> Iterator[pa.RecordBatch]:
        done.append(1)
        return reader([(7, update_id, 0) for update_id in ids], 20)()

    assert len(find_duplicates(today, [], len(ids))) == len(retried)
    assert len(done) == reads


def payloads(*bodies: str) -> Callable[[], Iterator[pa.RecordBatch]]:
    """Return what reads payloads, two at a time."""

    def read() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(bodies), 2):
            column = [body.encode() for body in bodies[start : start + 2]]
            yield pa.record_batch({"payload": pa.array(column, pa.binary())})

    return read


def compared(
    found: Duplicates, today: ReadRows, earlier: Sequence[ReadRows | None]
) -> Sequence[int]:
    own = PayloadHashes(own_positions(found))
    assert sum(batch.num_rows for batch in own.watch(today())) == sum(
        batch.num_rows for batch in today()
    )
    return [int(number) for number in conflicts(found, own, today, earlier)]


@pytest.mark.parametrize(
    ("copy", "conflicting"),
    [
        ('{"update_id":1,"poll":{"id":"a"}}', 0),
        ('{ "poll": {"id": "\\u0061"}, "update_id": 1 }', 0),
        ('{"update_id":1,"poll":{"id":"b"}}', 1),
        ('{"update_id":1}', 1),
        ('{"update_id":1,"poll":{"id":"\\ud800"}}', 1),
    ],
    ids=["the same bytes", "the same JSON", "another value", "a field less", "half a character"],
)
@pytest.mark.parametrize("kept_on", [TODAY, 1], ids=["the same day", "an earlier day"])
def test_a_copy_conflicts_with_the_row_that_is_kept_if_its_json_differs(
    copy: str, conflicting: int, kept_on: int
) -> None:
    kept = '{"update_id":1,"poll":{"id":"a"}}'
    today, earlier = payloads("{}", copy, "{}", kept), payloads("{}", "{}", "{}", kept)
    found = Duplicates(*(np.array([number]) for number in (1, kept_on, 3)))

    assert len(compared(found, today, [None, earlier])) == conflicting


BODIES = st.lists(
    st.sampled_from(['{"a":1}', '{ "a": 1}', '{"a":2}', '{"a":', "{}"]), min_size=1, max_size=9
)


def value_of(body: str) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return body


@settings(max_examples=60)
@given(BODIES, BODIES, st.dictionaries(st.integers(0, 8), st.tuples(st.booleans(), st.integers(0))))
def test_of_many_copies_in_many_batches_those_conflict_whose_json_differs(
    today: list[str], earlier: list[str], copies: dict[int, tuple[bool, int]]
) -> None:
    rows = [
        (position, TODAY, number % len(today))
        if is_of_today
        else (position, 0, number % len(earlier))
        for position, (is_of_today, number) in sorted(copies.items())
        if position < len(today)
    ]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    duplicates = Duplicates(*(np.array(column, np.int64) for column in columns))

    assert compared(duplicates, payloads(*today), [payloads(*earlier)]) == [
        number
        for number, (position, day, kept) in enumerate(rows)
        if value_of(today[position]) != value_of((today if day == TODAY else earlier)[kept])
    ]


def test_a_copy_of_a_row_without_a_payload_is_not_compared() -> None:
    found = Duplicates(*(np.array([number]) for number in (0, 0, 0)))

    assert not len(compared(found, payloads("{}"), [None]))


@settings(max_examples=40)
@given(st.integers(0, 40), st.sets(st.integers(0, 39)), st.integers(1, 7))
def test_dropping_rows_keeps_the_others_in_order(rows: int, dropped: set[int], batch: int) -> None:
    positions = np.array(sorted(p for p in dropped if p < rows), np.int64)
    batches = (
        pa.record_batch({"n": list(range(start, min(start + batch, rows)))})
        for start in range(0, rows, batch)
    )

    left = [n for kept in drop_rows(batches, positions) for n in kept["n"].to_pylist()]

    assert left == [n for n in range(rows) if n not in dropped]
