"""How well it does on labelled messages that it was not tuned on; the floors leave some room."""

import pyarrow as pa
from sklearn.metrics import (
    adjusted_rand_score,
    precision_score,
    recall_score,
    v_measure_score,
)

from tg_pipeline.marts.questions.detecting import asks, clauses_of
from tg_pipeline.marts.questions.numbering import number_groups
from tg_pipeline.marts.questions.reading import said
from tg_pipeline_tests.marts.questions.chat import held_out


def test_nine_in_ten_that_are_found_ask_and_most_that_ask_are_found() -> None:
    rows = held_out("messages.csv")
    true = [row["is_question"] == "yes" for row in rows]

    found = asks(clauses_of(said(pa.array([row["text"] for row in rows])))).to_pylist()

    assert precision_score(true, found) > 0.92
    assert recall_score(true, found) > 0.88


def test_groups_are_much_like_those_that_people_would_make() -> None:
    rows = held_out("groups.csv")
    asked = clauses_of(said(pa.array([row["text"] for row in rows])))
    bots = pa.array([1] * len(rows))

    found = number_groups(bots, asked.dictionary_encode()).groups.tolist()

    # Each that stands alone is a group of its own, as it is among the labels.
    found = [-2 - place if group == -1 else group for place, group in enumerate(found)]
    true = [row["group"] for row in rows]
    assert v_measure_score(true, found) > 0.91
    assert adjusted_rand_score(true, found) > 0.6
