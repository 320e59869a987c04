"""The same messages give the same questions, whatever order they come in."""

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.marts.questions import find_questions
from tg_pipeline_tests.marts.questions.chat import held_out, messages

WORDS = st.lists(
    st.sampled_from("como qual prazo projeto certificado emito baixo ? oi não é 3".split()),
    max_size=6,
).map(" ".join)

CHATS = st.lists(WORDS | st.none() | st.text(max_size=20), max_size=12)


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    order = list(range(table.num_rows))
    random.Random(seed).shuffle(order)  # noqa: S311 - any order will do
    return table.take(pa.array(order, pa.int64()))


@pytest.mark.parametrize("seed", range(3))
def test_rows_in_another_order_give_the_same_table(seed: int) -> None:
    texts = [row["text"] for row in held_out("groups.csv")] * 2
    table = messages(*texts)

    assert find_questions(shuffled(table, seed)).equals(find_questions(table))


@settings(deadline=None, max_examples=30)
@given(CHATS, st.integers(0, 9))
def test_any_chat_in_any_order_gives_the_same_table(texts: list[str | None], seed: int) -> None:
    table = messages(*texts)

    assert find_questions(shuffled(table, seed)).equals(find_questions(table))


@settings(deadline=None, max_examples=30)
@given(CHATS)
def test_every_question_is_a_message_and_every_group_has_two(texts: list[str | None]) -> None:
    found = find_questions(messages(*texts)).to_pylist()

    assert all(texts[row["message_id"]] == row["text"] for row in found)
    grouped = [row["group_id"] for row in found if row["group_id"] >= 0]
    assert all(grouped.count(group) >= 2 for group in grouped)
    assert all((row["group_name"] is None) == (row["group_id"] < 0) for row in found)


@settings(deadline=None, max_examples=30)
@given(CHATS)
def test_groups_are_numbered_without_gaps_from_the_largest(texts: list[str | None]) -> None:
    numbers = find_questions(messages(*texts))["group_id"].to_pylist()

    sizes = [numbers.count(group) for group in range(max(numbers, default=-1) + 1)]
    assert sizes == sorted(sizes, reverse=True)
    assert 0 not in sizes
