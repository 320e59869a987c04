"""Quality on labelled messages that were not used for tuning; the limits leave some margin."""

import pyarrow as pa
import pytest
from sklearn.metrics import (
    adjusted_rand_score,
    precision_score,
    recall_score,
    v_measure_score,
)

from tg_pipeline.questions import meanings
from tg_pipeline.questions.detection import is_question, normalize, question_clauses
from tg_pipeline.questions.labelling import cluster_questions
from tg_pipeline_tests.questions.chat import held_out, needs_encoder


def test_precision_and_recall_of_the_detection_are_about_nine_in_ten() -> None:
    rows = held_out("messages.csv")
    expected = [row["is_question"] == "yes" for row in rows]

    clauses = question_clauses(normalize(pa.array([row["text"] for row in rows])))
    found = is_question(clauses).to_pylist()

    assert precision_score(expected, found) > 0.87
    assert recall_score(expected, found) > 0.91


def test_few_everyday_statements_are_taken_for_questions_and_most_problems_are_found() -> None:
    rows = held_out("group_messages.csv")

    clauses = question_clauses(normalize(pa.array([row["text"] for row in rows])))
    found = is_question(clauses).to_pylist()

    statements = [
        is_one for is_one, row in zip(found, rows, strict=True) if row["is_question"] == "no"
    ]
    problems = [
        is_one for is_one, row in zip(found, rows, strict=True) if row["is_question"] == "yes"
    ]
    assert sum(statements) <= len(statements) / 20
    assert sum(problems) >= 0.78 * len(problems)


@pytest.mark.parametrize(
    ("has_meanings", "agreement"), [(False, 0.35), pytest.param(True, 0.55, marks=needs_encoder)]
)
def test_topics_agree_with_the_labelled_groups(has_meanings: bool, agreement: float) -> None:  # noqa: FBT001
    rows = held_out("groups.csv")
    texts = pa.array([row["text"] for row in rows])
    clauses = question_clauses(normalize(texts))
    questions = pa.table({"bot_id": [1] * len(rows), "question": clauses, "text": texts})
    encode = meanings.load_encoder() if has_meanings else None

    found = cluster_questions(questions, encode).topics.tolist()

    # A question without a topic is one of its own, as it is in the labels.
    found = [-2 - index if topic == -1 else topic for index, topic in enumerate(found)]
    expected = [row["group"] for row in rows]
    assert v_measure_score(expected, found) > 0.8
    assert adjusted_rand_score(expected, found) > agreement
