"""The update ids of a day, as its footer states them."""

from collections.abc import Sequence
from datetime import date
from random import Random

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lambda_ingest.synthetic.updates import FIRST_SYNTHETIC_ID
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.layers.update_ids import (
    MAX_RANGES,
    BotIds,
    RangesByDay,
    UpdateIdCounter,
    decode_update_ids,
    overlap,
)

Row = tuple[int, int, int]
"""A bot, an update id, and the microsecond of its arrival."""

LAST_OF_UPDATES = FIRST_SYNTHETIC_ID - 1
ROWS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, LAST_OF_UPDATES), st.integers(0, 10**15))
)


def batch(rows: Sequence[Row]) -> pa.RecordBatch:
    names = ["bot_id", "update_id", "received_at"]
    bots, ids, times = zip(*rows, strict=True) if rows else ((), (), ())
    columns = [pa.array(values, pa.int64()) for values in (bots, ids, times)]
    return pa.record_batch(
        [
            column.cast(RAW_UPDATES.schema.field(name).type)
            for name, column in zip(names, columns, strict=True)
        ],
        names=names,
    )


def footer(*batches: Sequence[Row]) -> str:
    counter = UpdateIdCounter()
    for rows in batches:
        counter.add(batch(rows))
    return counter.encode()


def test_consecutive_ids_are_one_range_and_a_gap_separates_two() -> None:
    found = decode_update_ids(footer([(7, 10, 5), (7, 12, 6), (7, 11, 4)], [(7, 14, 9), (8, 1, 2)]))

    assert found == {7: BotIds(4, 4, 9, 1, [(10, 12), (14, 14)]), 8: BotIds(1, 2, 2, 1, [(1, 1)])}


def test_synthetic_ids_are_one_range_beside_those_of_updates() -> None:
    # Given updates, and lines of a bot's calls whose ids ascend with the time
    first, last = FIRST_SYNTHETIC_ID + 5, FIRST_SYNTHETIC_ID + 900
    rows = [(7, 10, 5), (7, last, 3), (7, 11, 6), (7, first, 9), (8, first, 9)]

    found = decode_update_ids(footer(rows, [(7, first + 1, 1)]))

    # Then the ids of updates stay exact, and only updates are counted
    assert found[7] == BotIds(2, 5, 6, 1, [(10, 11), (first, last)])
    assert found[8] == BotIds(0, 0, 0, 1, [(first, first)])


def test_days_of_calls_need_not_be_compared_with_all_earlier_ones() -> None:
    # Given three days, each with its own updates and calls
    days = {
        date(2026, 10, day): decode_update_ids(
            footer([(7, 100 * day, 0), (7, FIRST_SYNTHETIC_ID + 100 * day, 0)])
        )
        for day in (1, 2, 3)
    }

    # Then the last may have copies of none, but of a day with the same call
    assert RangesByDay(days).overlapping(date(2026, 10, 3), days[date(2026, 10, 3)]) == []
    late = decode_update_ids(footer([(7, FIRST_SYNTHETIC_ID + 200, 0)]))
    assert RangesByDay(days).overlapping(date(2026, 10, 3), late) == [date(2026, 10, 2)]


def test_more_ranges_than_a_footer_holds_are_rounded_to_a_grid_that_covers_them() -> None:
    ids = range(0, 3 * 10_000, 3)

    (found,) = decode_update_ids(footer([(7, number, 0) for number in ids])).values()

    assert not found.is_exact
    assert len(found.ranges) <= MAX_RANGES
    assert all(any(first <= number <= last for first, last in found.ranges) for number in ids)
    bounds = [bound for first, last in found.ranges for bound in (first, last + 1)]
    assert all(bound % found.grid == 0 for bound in bounds)
    assert bounds == sorted(set(bounds))


@given(ROWS, st.randoms(use_true_random=False), st.integers(1, 9))
def test_the_text_does_not_depend_on_order_or_batches(
    rows: list[Row], random: Random, size: int
) -> None:
    shuffled = random.sample(rows, len(rows))

    parts = [shuffled[start : start + size] for start in range(0, len(shuffled), size)]

    assert footer(*parts) == footer(rows)


@given(ROWS, ROWS)
def test_days_that_share_an_update_overlap(one: list[Row], other: list[Row]) -> None:
    left, right = decode_update_ids(footer(one)), decode_update_ids(footer(other))

    if {row[:2] for row in one} & {row[:2] for row in other}:
        assert overlap(left, right)
    assert overlap(left, right) == overlap(right, left)


NEARBY = st.lists(st.tuples(st.integers(1, 2), st.integers(0, 30), st.just(0)), max_size=12)


@given(NEARBY, NEARBY)
@example([(1, 0, 0), (1, 9, 0)], [(1, 3, 0), (1, 9, 0)])
@example([(1, 5, 0)], [(1, 5, 0), (1, 6, 0)])
@example([(1, 6, 0)], [(1, 5, 0), (1, 6, 0)])
@example([(1, 5, 0), (2, 5, 0)], [(2, 5, 0)])
def test_two_days_overlap_exactly_if_they_share_an_update(one: list[Row], other: list[Row]) -> None:
    shared = {row[:2] for row in one} & {row[:2] for row in other}

    assert overlap(*(decode_update_ids(footer(rows)) for rows in (one, other))) == bool(shared)


@settings(max_examples=40)
@given(st.lists(NEARBY, max_size=5), NEARBY, st.integers(0, 5))
def test_the_earlier_days_that_share_an_update_with_a_day_are_found(
    days: list[list[Row]], own: list[Row], number: int
) -> None:
    dated = {date(2026, 10, 1 + at): rows for at, rows in enumerate(days)}
    ids = {each: decode_update_ids(footer(rows)) for each, rows in dated.items()}
    day, updates = date(2026, 10, 1 + number), {row[:2] for row in own}

    found = RangesByDay(ids).overlapping(day, decode_update_ids(footer(own)))

    assert found == [
        each for each, rows in dated.items() if each < day and updates & {row[:2] for row in rows}
    ]


@pytest.mark.parametrize(("first", "last"), [(3, 5), (7, 7), (1, 9)])
def test_a_day_within_a_gap_of_another_does_not_overlap_it(first: int, last: int) -> None:
    around = {1: BotIds(2, 0, 0, 1, [(0, 0), (10, 20)])}

    assert not overlap(around, {1: BotIds(1, 0, 0, 1, [(first, last)])})
