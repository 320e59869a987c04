"""Quality of the detection, language detection and clustering of questions, against baselines."""

from collections.abc import Callable, Sequence
from typing import Final

import pyarrow as pa
from sklearn.cluster import DBSCAN
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import (
    adjusted_rand_score,
    precision_score,
    recall_score,
    v_measure_score,
)

from lib.chat_messages import HALVES, LabelledMessage, read_messages, read_questions
from tg_pipeline.questions.clustering import rank_clusters
from tg_pipeline.questions.detection import is_question, normalize, question_clauses
from tg_pipeline.questions.patterns import detect_languages

LANGUAGES: Final = ("pt", "en", "es")
ALL: Final = "all"

EPS: Final = 0.5
"""scikit-learn's default: the largest distance of two neighbours in a DBSCAN cluster."""


def by_rules(texts: list[str]) -> list[bool]:
    """Return which texts are questions by the rules of the mart."""
    found: list[bool] = is_question(question_clauses(normalize(pa.array(texts)))).to_pylist()
    return found


def by_question_mark(texts: list[str]) -> list[bool]:
    """Return which texts contain a question mark."""
    return ["?" in text for text in texts]


def by_default_dbscan(texts: list[str]) -> list[int]:
    """Return the clusters of a first attempt: n-grams of the raw text, default DBSCAN."""
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit_transform(texts)
    clusters = DBSCAN(eps=EPS, min_samples=2, metric="cosine").fit_predict(vectors)
    found: list[int] = clusters.tolist()
    return found


def by_mart(texts: list[str]) -> list[int]:
    """Return the clusters of the mart."""
    bot_ids = pa.repeat(pa.scalar(1, pa.int64()), len(texts))
    clauses = question_clauses(normalize(pa.array(texts))).dictionary_encode()
    found: list[int] = rank_clusters(bot_ids, clauses).clusters.tolist()
    return found


DETECTORS: Final[dict[str, Callable[[list[str]], list[bool]]]] = {
    "a question mark": by_question_mark,
    "the rules": by_rules,
}

CLUSTERINGS: Final[dict[str, Callable[[list[str]], list[int]]]] = {
    "raw n-grams, DBSCAN": by_default_dbscan,
    "the mart": by_mart,
}


def detection_rows() -> list[list[str]]:
    """Return precision and recall, by half, language and detector."""
    rows = []
    for half in HALVES:
        for language in (*LANGUAGES, ALL):
            messages = [m for m in read_messages(half) if language in {m.language, ALL}]
            for name, detect in DETECTORS.items():
                rows.append([f"{half}, {language}", name, *_detection_scores(messages, detect)])
    return rows


def language_rows() -> list[list[str]]:
    """Return the share of the questions whose language is detected correctly, by half."""
    rows = []
    for half in HALVES:
        questions = [message for message in read_messages(half) if message.is_question]
        texts = pa.array([message.text for message in questions])
        detected = detect_languages(texts, normalize(texts)).to_pylist()
        correct = sum(code == m.language for code, m in zip(detected, questions, strict=True))
        rows.append([half, _percent(correct / len(questions))])
    return rows


def cluster_rows() -> list[list[str]]:
    """Return V-measure and ARI, by half and clustering; a single question is its own group."""
    rows = []
    for half in HALVES:
        questions = read_questions(half)
        expected = [question.group for question in questions]
        for name, cluster in CLUSTERINGS.items():
            found = _single_as_groups(cluster([question.text for question in questions]))
            scores = v_measure_score(expected, found), adjusted_rand_score(expected, found)
            rows.append([half, name, *(f"{score:.2f}" for score in scores)])
    return rows


def _single_as_groups(clusters: Sequence[int]) -> list[int]:
    return [-2 - index if cluster == -1 else cluster for index, cluster in enumerate(clusters)]


def _detection_scores(
    messages: list[LabelledMessage], detect: Callable[[list[str]], list[bool]]
) -> list[str]:
    expected = [message.is_question for message in messages]
    found = detect([message.text for message in messages])
    scores = precision_score(expected, found), recall_score(expected, found)
    return [_percent(score) for score in scores]


def _percent(share: float) -> str:
    return f"{share:.1%}"
