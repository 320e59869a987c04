"""The words of texts: which there are, which text holds which, and how much each tells."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from tg_pipeline.marts.questions.languages import LANGUAGES
from tg_pipeline.marts.questions.matrices import Numbers

MOST_WORDS: Final = 2**16
"""Words that are told apart, the most used ones: made-up words do not fill the memory."""

TEXTS: Final = 2**16
"""Texts cut into words at a time."""

QUESTION_WORD: Final = 0.3
"""What `how` tells, where a word of the subject tells 1."""

FILLERS: Final = frozenset(word for asking in LANGUAGES for word in asking.fillers.split())
QUESTION_WORDS: Final = frozenset(
    word for asking in LANGUAGES for word in asking.question_words.split()
)


def telling(word: str) -> float:
    """Give 1 for a word of the subject, less for one of asking, 0 for fillers, signs, numbers."""
    if word in FILLERS or not word.isalnum() or word.isdigit():
        return 0
    return QUESTION_WORD if word in QUESTION_WORDS else 1


def read_vocabulary(texts: pa.Array) -> pa.Array:
    """Give the words that tell something, the most used first."""
    counts = [words.flatten().value_counts() for words in _split(texts)]
    found = pa.Table.from_batches(map(pa.RecordBatch.from_struct_array, counts))
    used = found.group_by("values").aggregate([("counts", "sum")])
    used = used.sort_by([("counts_sum", "descending"), ("values", "ascending")])
    words = used["values"].slice(0, MOST_WORDS).to_pylist()
    return pa.array([word for word in words if telling(word)], pa.string())


def held_words(texts: pa.Array, vocabulary: pa.Array) -> sparse.csr_array:
    """Give a row a text, a column a word of the vocabulary: 1 where the text holds it."""
    rows = [_held(words, vocabulary) for words in _split(texts)]
    return sparse.vstack(rows, format="csr")


def _split(texts: pa.Array) -> Iterator[pa.Array]:
    for start in range(0, max(len(texts), 1), TEXTS):
        yield pc.split_pattern(texts.slice(start, TEXTS), " ")


def _held(words: pa.Array, vocabulary: pa.Array) -> sparse.csr_array:
    columns: Numbers = pc.index_in(words.flatten(), vocabulary).fill_null(-1).to_numpy()
    ends = np.cumsum(pc.list_value_length(words))
    starts = np.concatenate([[0], np.cumsum(columns >= 0)])[np.concatenate([[0], ends])]
    columns = columns[columns >= 0]
    ones = np.ones(len(columns), np.float32)
    held = sparse.csr_array((ones, columns, starts), shape=(len(words), len(vocabulary)))
    held.sum_duplicates()
    held.data[:] = 1
    return held
