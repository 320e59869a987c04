"""The same messages give the same questions, in whatever order they come."""

import random

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.questions import find_questions
from tg_pipeline_tests.questions.chat import held_out, messages

TEXTS = st.lists(
    st.sampled_from("como qual prazo projeto certificado emito baixo ? oi não é 3".split()),
    max_size=6,
).map(" ".join)

CHATS = st.lists(TEXTS | st.none() | st.text(max_size=20), max_size=12)


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    order = list(range(table.num_rows))
    random.Random(seed).shuffle(order)  # noqa: S311 - any order will do
    return table.take(pa.array(order, pa.int64()))


def test_the_order_of_the_rows_does_not_change_the_table() -> None:
    table = messages(*[row["text"] for row in held_out("groups.csv")] * 2)

    assert find_questions(shuffled(table, 1)).equals(find_questions(table))


@settings(deadline=None, max_examples=30)
@given(CHATS, st.integers(0, 9))
def test_any_chat_gives_the_same_sound_table_in_any_order(
    texts: list[str | None], seed: int
) -> None:
    table = messages(*texts)

    found = find_questions(table)

    assert find_questions(shuffled(table, seed)).equals(found)
    rows, numbers = found.to_pylist(), found["group_id"].to_pylist()
    assert all(texts[row["message_id"]] == row["text"] for row in rows)
    assert all((row["group_name"] is None) == (row["group_id"] < 0) for row in rows)
    sizes = [numbers.count(group) for group in range(max(numbers, default=-1) + 1)]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size >= 2 for size in sizes)
