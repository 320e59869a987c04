"""Vectors of questions: the more two questions share rare words, or parts of words, the closer.

Each text is reduced to its set of weighted words. A word is the TF-IDF vector of its character
trigrams, so that misspelled and inflected words stay close. A text is the sum of its words, each
weighted by its rarity.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse
from scipy.sparse.linalg import norm
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer
from sklearn.preprocessing import normalize

from tg_pipeline.questions.patterns import LANGUAGES

Floats: TypeAlias = npt.NDArray[np.float32]
Integers: TypeAlias = npt.NDArray[np.int64]
"""Counts, or indices of another array."""

NONE: Final = -1
"""The index of no element."""

MAX_WORDS: Final = 2**16
"""Size of the vocabulary, the most frequent words first: random words must not fill the memory."""

MAX_WORD_CHARACTERS: Final = 24
"""Characters of a word that count."""

TEXT_BATCH: Final = 2**16
"""Texts split into words at a time."""

VECTOR_BATCH: Final = 8_192
"""Texts whose vectors are measured at a time."""

QUESTION_WORD_WEIGHT: Final = 0.3
"""The weight of an interrogative such as `how`; a word of the subject weighs 1."""

STOP_WORDS: Final = frozenset(w for language in LANGUAGES for w in language.stop_words.split())
QUESTION_WORDS: Final = frozenset(
    w for language in LANGUAGES for w in language.question_words.split()
)


@dataclass(frozen=True, slots=True)
class UniqueTexts:
    """Distinct sets of weighted words, the most frequent first, and their texts."""

    vocabulary: list[str]
    word_weights: Floats
    contains: sparse.csr_array
    """One row per unique text, one column per word: 1 if the text contains the word."""
    counts: Integers
    """The number of occurrences of each unique text."""
    of_texts: Integers
    """The unique text of each input text; NONE for a text without a word of a subject."""

    @classmethod
    def of(cls, texts: pa.Array, counts: Integers) -> Self:
        """Build the unique texts of distinct texts with their numbers of occurrences."""
        words = read_vocabulary(texts)
        vocabulary = words.to_pylist()
        weights = np.array([word_weight(word) for word in vocabulary], np.float32)
        contains = _contained_words(texts, words)
        keys, first, inverse = np.unique(
            _set_hashes(vocabulary, contains), return_index=True, return_inverse=True
        )
        totals = np.bincount(inverse, counts, len(keys)).astype(np.int64)
        # The keys break ties: an arbitrary order, but always the same.
        order = np.lexsort((keys, -totals))
        order = order[(contains[first[order]] @ (weights == 1)) > 0]
        positions = np.full(len(keys), NONE)
        positions[order] = np.arange(len(order))
        contains = contains[first[order]]
        return cls(vocabulary, weights, contains, totals[order], positions[inverse])


@dataclass(frozen=True, slots=True)
class TextVectors:
    """Unique texts as sums of their words' vectors; a sum is computed only when it is needed."""

    contains: sparse.csr_array
    """One row per unique text, one column per word: 1 if the text contains the word."""
    words: sparse.csr_array
    """The vector of each word; its length is the word's weight times its rarity."""
    lengths: Floats
    """The length of each text's vector."""

    @classmethod
    def of(cls, texts: UniqueTexts) -> Self:
        """Build the vectors of unique texts."""
        contains = texts.contains
        weights = texts.word_weights * TfidfTransformer().fit(contains).idf_.astype(np.float32)
        words = sparse.csr_array(sparse.diags_array(weights) @ char_ngrams(texts.vocabulary))
        starts = range(0, contains.shape[0], VECTOR_BATCH)
        lengths = [norm(contains[start : start + VECTOR_BATCH] @ words, axis=1) for start in starts]
        return cls(contains, words, np.concatenate(lengths))

    def normalized(self, rows: Integers) -> sparse.csr_array:
        """Return the vectors of some of the texts, scaled to length 1."""
        return sparse.csr_array(normalize(self.contains[rows] @ self.words, copy=False))


def char_ngrams(words: list[str]) -> sparse.csr_array:
    """Return the TF-IDF vector of each word's character trigrams, of length 1."""
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), dtype=np.float32)
    return sparse.csr_array(vectorizer.fit_transform(word[:MAX_WORD_CHARACTERS] for word in words))


def word_weight(word: str) -> float:
    """Return 1 for a word of the subject, less for an interrogative, 0 for all else."""
    if word in STOP_WORDS or not word.isalnum() or word.isdigit():
        return 0
    return QUESTION_WORD_WEIGHT if word in QUESTION_WORDS else 1


def read_vocabulary(texts: pa.Array) -> pa.Array:
    """Return the words that have a weight, the most frequent first."""
    counts = [words.flatten().value_counts() for words in _split(texts)]
    found = pa.Table.from_batches(map(pa.RecordBatch.from_struct_array, counts))
    frequencies = found.group_by("values").aggregate([("counts", "sum")])
    order = [("counts_sum", "descending"), ("values", "ascending")]
    words = frequencies.sort_by(order)["values"].slice(0, MAX_WORDS).to_pylist()
    return pa.array([word for word in words if word_weight(word)], pa.string())


def _contained_words(texts: pa.Array, vocabulary: pa.Array) -> sparse.csr_array:
    """Return one row per text, one column per word: 1 if the text contains the word."""
    rows = [_contained_in_batch(words, vocabulary) for words in _split(texts)]
    return sparse.vstack(rows, format="csr")


def _contained_in_batch(words: pa.Array, vocabulary: pa.Array) -> sparse.csr_array:
    columns: Integers = pc.index_in(words.flatten(), vocabulary).fill_null(NONE).to_numpy()
    ends = np.cumsum(pc.list_value_length(words))
    starts = np.concatenate([[0], np.cumsum(columns >= 0)])[np.concatenate([[0], ends])]
    columns = columns[columns >= 0]
    ones = np.ones(len(columns), np.float32)
    contained = sparse.csr_array((ones, columns, starts), shape=(len(words), len(vocabulary)))
    contained.sum_duplicates()
    contained.data[:] = 1
    return contained


def _split(texts: pa.Array) -> Iterator[pa.Array]:
    for start in range(0, max(len(texts), 1), TEXT_BATCH):
        yield pc.split_pattern(texts.slice(start, TEXT_BATCH), " ")


def _set_hashes(vocabulary: list[str], contains: sparse.csr_array) -> npt.NDArray[np.uint64]:
    """Return a hash of each text's set of words: the sum of their hashes."""
    hashes = np.array([_word_hash(word) for word in vocabulary], np.uint64)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(hashes[contains.indices])])
    keys: npt.NDArray[np.uint64] = sums[contains.indptr[1:]] - sums[contains.indptr[:-1]]
    return keys


def _word_hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest())
