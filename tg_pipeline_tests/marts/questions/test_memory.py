"""Memory is bounded by what is compared at once, not by how much is asked."""

import tracemalloc
from itertools import product

import pyarrow as pa
import pytest
from scipy import sparse

from tg_pipeline.marts.questions import find_questions, grouping, vocabulary
from tg_pipeline.marts.questions.linking import link
from tg_pipeline.marts.questions.matrices import Numbers
from tg_pipeline.marts.questions.vocabulary import read_vocabulary
from tg_pipeline_tests.marts.questions.chat import messages

AT_ONCE = 500
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te")


def distinct_questions(count: int) -> list[str]:
    words = ["".join(syllables) for syllables in product(SYLLABLES, repeat=3)]
    pairs = zip(product(words, words), range(count), strict=False)
    return [f"como faço {first} {second}?" for (first, second), _ in pairs]


def test_only_so_many_wordings_are_compared_all_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    def counted(vectors: sparse.csr_array) -> Numbers:
        compared.append(vectors.shape[0])
        return link(vectors)

    monkeypatch.setattr(grouping, "link", counted)
    monkeypatch.setattr(grouping, "AT_ONCE", AT_ONCE)

    find_questions(messages(*distinct_questions(10_000)))

    assert max(compared) == AT_ONCE
    assert len(compared) <= grouping.ROUNDS


def test_many_questions_that_all_differ_take_little_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(grouping, "AT_ONCE", AT_ONCE)
    table = messages(*distinct_questions(10_000))
    find_questions(table.slice(0, 10))  # what is imported is not what is measured

    tracemalloc.start()
    find_questions(table)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    all_with_all = 10_000 * 10_000 * 4
    assert peak < all_with_all / 20


def test_the_vocabulary_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "MOST_WORDS", 3)

    words = read_vocabulary(pa.array(["prazo prova", "prazo nota", "prova prazo curso"]))

    assert words.to_pylist() == ["prazo", "prova", "curso"]
