"""How well questions are found, told by language and grouped, beside plain ways of doing it."""

from collections.abc import Callable, Sequence
from typing import Final

import pyarrow as pa
from labelled_questions import HALVES, Message, read_messages, read_questions
from sklearn.cluster import DBSCAN
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import (
    adjusted_rand_score,
    precision_score,
    recall_score,
    v_measure_score,
)

from tg_pipeline.marts.questions.detecting import asks, clauses_of
from tg_pipeline.marts.questions.languages import tell_languages
from tg_pipeline.marts.questions.numbering import number_groups
from tg_pipeline.marts.questions.reading import said

LANGUAGES: Final = ("pt", "en", "es")
ALL: Final = "all"

NEIGHBOURS: Final = 0.5
"""scikit-learn's own default: how far apart two texts of a DBSCAN cluster may be."""


def by_rules(texts: list[str]) -> list[bool]:
    """Say which texts ask, as the mart does."""
    found: list[bool] = asks(clauses_of(said(pa.array(texts)))).to_pylist()
    return found


def by_question_mark(texts: list[str]) -> list[bool]:
    """Say which texts hold a question mark."""
    return ["?" in text for text in texts]


def as_they_come(texts: list[str]) -> list[int]:
    """Group texts as a first try would: n-grams of the raw text, clusters by density."""
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit_transform(texts)
    clusters = DBSCAN(eps=NEIGHBOURS, min_samples=2, metric="cosine").fit_predict(vectors)
    found: list[int] = clusters.tolist()
    return found


def as_the_mart_does(texts: list[str]) -> list[int]:
    """Group texts as the mart does."""
    bots = pa.repeat(pa.scalar(1, pa.int64()), len(texts))
    asked = clauses_of(said(pa.array(texts))).dictionary_encode()
    found: list[int] = number_groups(bots, asked).groups.tolist()
    return found


FINDERS: Final[dict[str, Callable[[list[str]], list[bool]]]] = {
    "a question mark": by_question_mark,
    "the rules": by_rules,
}

GROUPERS: Final[dict[str, Callable[[list[str]], list[int]]]] = {
    "raw n-grams, DBSCAN": as_they_come,
    "tuned": as_the_mart_does,
}


def found_rows() -> list[list[str]]:
    """Give precision and recall, by half, language and way."""
    rows = []
    for half in HALVES:
        for language in (*LANGUAGES, ALL):
            messages = [m for m in read_messages(half) if language in {m.language, ALL}]
            for name, find in FINDERS.items():
                rows.append([f"{half}, {language}", name, *_found(messages, find)])
    return rows


def language_rows() -> list[list[str]]:
    """Give the share of the questions whose language is told rightly, by half."""
    rows = []
    for half in HALVES:
        asked = [message for message in read_messages(half) if message.is_question]
        texts = pa.array([message.text for message in asked])
        told = tell_languages(texts, said(texts)).to_pylist()
        right = sum(code == m.language for code, m in zip(told, asked, strict=True))
        rows.append([half, _percent(right / len(asked))])
    return rows


def group_rows() -> list[list[str]]:
    """Give V-measure and ARI, by half and way; a question alone is a group of its own."""
    rows = []
    for half in HALVES:
        questions = read_questions(half)
        true = [question.group for question in questions]
        for name, grouped in GROUPERS.items():
            found = one_by_one(grouped([question.text for question in questions]))
            scores = v_measure_score(true, found), adjusted_rand_score(true, found)
            rows.append([half, name, *(f"{score:.2f}" for score in scores)])
    return rows


def one_by_one(groups: Sequence[int]) -> list[int]:
    """Give each that stands alone (-1) a group of its own."""
    return [-2 - place if group == -1 else group for place, group in enumerate(groups)]


def _found(messages: list[Message], find: Callable[[list[str]], list[bool]]) -> list[str]:
    true = [message.is_question for message in messages]
    found = find([message.text for message in messages])
    return [_percent(precision_score(true, found)), _percent(recall_score(true, found))]


def _percent(share: float) -> str:
    return f"{share:.1%}"
