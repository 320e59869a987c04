"""Quality on labelled messages that were not used for tuning; the limits leave some margin."""

import pyarrow as pa
from sklearn.metrics import (
    adjusted_rand_score,
    precision_score,
    recall_score,
    v_measure_score,
)

from tg_pipeline.questions.clustering import rank_clusters
from tg_pipeline.questions.detection import is_question, normalize, question_clauses
from tg_pipeline_tests.questions.chat import held_out


def test_precision_and_recall_of_the_detection_are_about_nine_in_ten() -> None:
    rows = held_out("messages.csv")
    expected = [row["is_question"] == "yes" for row in rows]

    clauses = question_clauses(normalize(pa.array([row["text"] for row in rows])))
    found = is_question(clauses).to_pylist()

    assert precision_score(expected, found) > 0.87
    assert recall_score(expected, found) > 0.91


def test_clusters_agree_with_the_labelled_groups() -> None:
    rows = held_out("groups.csv")
    clauses = question_clauses(normalize(pa.array([row["text"] for row in rows])))
    bot_ids = pa.array([1] * len(rows))

    found = rank_clusters(bot_ids, clauses.dictionary_encode()).clusters.tolist()

    # A question without a cluster is a group of its own, as it is in the labels.
    found = [-2 - index if cluster == -1 else cluster for index, cluster in enumerate(found)]
    expected = [row["group"] for row in rows]
    assert v_measure_score(expected, found) > 0.91
    assert adjusted_rand_score(expected, found) > 0.6
