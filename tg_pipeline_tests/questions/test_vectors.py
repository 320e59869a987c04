"""Similar spelling gives similar vectors; memory is bounded by what is compared at once."""

import tracemalloc
from itertools import product

import numpy as np
import pyarrow as pa
import pytest

from tg_pipeline.questions import clustering, vectors
from tg_pipeline.questions.vectors import (
    Floats,
    Integers,
    char_ngrams,
    read_vocabulary,
    word_weight,
)
from tg_pipeline_tests.questions.chat import find_questions, messages

MAX_LINKED = 500
DISTINCT = 10_000
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te")


def distinct_questions(count: int) -> list[str]:
    words = ["".join(syllables) for syllables in product(SYLLABLES, repeat=3)]
    pairs = zip(product(words, words), range(count), strict=False)
    return [f"como faço {first} {second}?" for (first, second), _ in pairs]


def test_a_misspelled_word_is_closer_than_another_word() -> None:
    words = char_ngrams(["certificado", "certficado", "estacionamento", "a" * 5_000])

    cosines = (words @ words.T).toarray()
    assert np.allclose(cosines.diagonal(), 1)
    assert cosines[0, 1] > 0.5 > cosines[0, 2]


@pytest.mark.parametrize(
    ("word", "weight"), [("prazo", 1), ("quando", 0.3), ("the", 0), ("?", 0), ("2026", 0)]
)
def test_words_weigh_what_they_say_about_the_subject(word: str, weight: float) -> None:
    assert word_weight(word) == weight


def test_the_vocabulary_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "MAX_WORDS", 3)

    words = read_vocabulary(pa.array(["prazo prova", "prazo nota", "prova prazo curso"]))

    assert words.to_pylist() == ["prazo", "prova", "curso"]


@pytest.mark.slow
def test_many_different_questions_need_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    linked: list[int] = []
    link = clustering.link

    def counted(similarities: Floats, min_similarity: float) -> Integers:
        linked.append(len(similarities))
        return link(similarities, min_similarity)

    monkeypatch.setattr(clustering, "link", counted)
    monkeypatch.setattr(clustering, "MAX_LINKED", MAX_LINKED)
    table = messages(*distinct_questions(DISTINCT))
    find_questions(table.slice(0, 10))  # imports do not count

    tracemalloc.start()
    find_questions(table)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert max(linked) == MAX_LINKED
    assert len(linked) <= 1 + clustering.ROUNDS
    all_with_all = 4 * DISTINCT**2
    assert peak < all_with_all / 20
