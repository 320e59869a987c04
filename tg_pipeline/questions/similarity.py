"""How similar unique texts are: by their letters and, with an encoder, by their meanings."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import norm
from sklearn.preprocessing import normalize

from tg_pipeline.questions.meanings import STEPS, centre, middle_of
from tg_pipeline.questions.vectors import NONE, Floats, Integers, TextVectors, UniqueTexts

MIN_WORD_SIMILARITY: Final = 0.15
"""The cosine of a word and a cluster below which the word does not count: a coincidence."""

COMPARED_ROWS: Final = 256
"""Texts compared with all others at a time."""

ASSIGNED_ROWS: Final = 2_048
"""Texts, or words, compared with all centroids at a time."""

SIMILARITY_DECIMALS: Final = 5
"""Digits of a cosine that single precision computes reliably."""


@dataclass(frozen=True, slots=True)
class Centroids:
    """The mean of each cluster: its similarity is the mean of the similarities of its members."""

    letters: sparse.csr_array
    meanings: npt.NDArray[np.float64] | None
    """In `STEPS`; None without an encoder."""


@dataclass(frozen=True, slots=True)
class Similarities:
    """Similarities from 0 to 1: the mean of the cosines of letters and of meanings, if known."""

    vectors: TextVectors
    middle: Floats | None = None
    """The mean of the meanings, which the vectors are taken from; None without an encoder."""
    meanings: Floats | None = None
    """The meanings of the most frequent unique texts, as `centre` returns them."""

    @classmethod
    def of(cls, texts: UniqueTexts, encoded: Floats | None) -> Self:
        """Build them of unique texts, and of what `encode` returned for the most frequent ones."""
        vectors = TextVectors.of(texts)
        if encoded is None:
            return cls(vectors)
        middle = middle_of(encoded)
        return cls(vectors, middle, centre(encoded, middle))

    def pairwise(self, rows: Integers) -> Floats:
        """Return the similarities of some texts, all with all; with an encoder, of known meaning.

        Memory grows with the square of the number of rows.
        """
        letters = self.vectors.normalized(rows)
        transposed, result = letters.T.tocsr(), np.empty((len(rows), len(rows)), np.float32)
        meanings = None if self.meanings is None else self.meanings[rows]
        for start in range(0, len(rows), COMPARED_ROWS):
            some = slice(start, start + COMPARED_ROWS)
            result[some] = (letters[some] @ transposed).toarray()
            if meanings is not None:
                result[some] += meanings[some] @ meanings.T / np.float32(STEPS**2)
                result[some] /= 2
        return np.round(result, SIMILARITY_DECIMALS, out=result)

    def centroids(self, rows: Integers, clusters: Integers) -> Centroids:
        """Return the centroid of each cluster of some texts, from 0."""
        sizes = np.bincount(clusters)
        place = (clusters, np.arange(len(clusters)))
        shares = (1 / sizes)[clusters].astype(np.float32)
        letters = sparse.csr_array((shares, place)) @ self.vectors.normalized(rows)
        if self.meanings is None:
            return Centroids(letters, None)
        members = sparse.csr_array((np.ones(len(rows)), place))
        return Centroids(letters, members @ self.meanings[rows] / sizes[:, None])

    def example_centroids(
        self, examples: Integers, topics: Integers, encoded: Floats | None
    ) -> Centroids:
        """Return the centroid of each topic's examples, and after these, each example by itself.

        The examples are unique texts, or NONE. Unlike those of clusters, the centroids have length
        1: a topic's examples are few, and need not be alike.
        """
        rows = np.arange(len(topics))
        clusters = np.append(topics, int(topics.max()) + 1 + rows)
        columns = np.append(rows, rows)
        members = sparse.csr_array((np.ones(len(clusters), np.float32), (clusters, columns)))
        known = examples != NONE
        letters = normalize(members[:, known] @ self.vectors.normalized(examples[known]))
        if encoded is None or self.middle is None:
            return Centroids(sparse.csr_array(letters), None)
        meanings = members @ centre(encoded, self.middle).astype(np.float64)
        meanings *= STEPS / np.maximum(np.linalg.norm(meanings, axis=1), 1)[:, None]
        return Centroids(sparse.csr_array(letters), np.rint(meanings))

    def assign(self, rows: Integers, centroids: Centroids, min_similarity: float) -> Integers:
        """Return the most similar cluster of each of some texts; NONE if no cluster is similar.

        Texts whose meaning is unknown are compared by their letters only.
        """
        assigned = np.full(len(rows), NONE)
        similarities = _word_similarities(self.vectors.words, centroids.letters)
        for start in range(0, len(rows), ASSIGNED_ROWS):
            block = slice(start, start + ASSIGNED_ROWS)
            assigned[block] = self._assign(rows[block], similarities, centroids, min_similarity)
        return assigned

    def _assign(
        self,
        rows: Integers,
        word_similarities: sparse.csr_array,
        centroids: Centroids,
        min_similarity: float,
    ) -> Integers:
        known = len(self.meanings) if self.meanings is not None else 0
        products, lengths = self.vectors.contains[rows] @ word_similarities, self.vectors.lengths
        clusters, maxima = row_maxima(products)
        maxima = maxima / lengths[rows]
        has_meaning = rows < known
        if self.meanings is not None and centroids.meanings is not None and has_meaning.any():
            some = rows[has_meaning]
            letters = products[np.flatnonzero(has_meaning)].toarray() / lengths[some][:, None]
            meanings = self.meanings[some] @ centroids.meanings.T / STEPS**2
            both = np.round((letters + meanings) / 2, SIMILARITY_DECIMALS)
            clusters[has_meaning], maxima[has_meaning] = both.argmax(axis=1), both.max(axis=1)
        return np.where(maxima >= min_similarity, clusters, NONE)

    @staticmethod
    def between(some: Centroids, others: Centroids) -> npt.NDArray[np.float64]:
        """Return the similarities of centroids with others."""
        letters = (some.letters @ others.letters.T).toarray().astype(np.float64)
        if some.meanings is not None and others.meanings is not None:
            letters = (letters + some.meanings @ others.meanings.T / STEPS**2) / 2
        rounded: npt.NDArray[np.float64] = np.round(letters, SIMILARITY_DECIMALS)
        return rounded


def _word_similarities(words: sparse.csr_array, centers: sparse.csr_array) -> sparse.csr_array:
    transposed, lengths = centers.T.tocsr(), norm(words, axis=1)
    blocks = []
    for start in range(0, words.shape[0], ASSIGNED_ROWS):
        products = words[start : start + ASSIGNED_ROWS] @ transposed
        row_lengths = np.repeat(lengths[start : start + ASSIGNED_ROWS], np.diff(products.indptr))
        products.data[products.data < MIN_WORD_SIMILARITY * row_lengths] = 0
        products.eliminate_zeros()
        blocks.append(products)
    return sparse.vstack(blocks, format="csr")


def row_maxima(rows: sparse.csr_array) -> tuple[Integers, Floats]:
    """Return the column of each row's maximum, the first one on ties, and the maximum itself."""
    columns, maxima = np.full(rows.shape[0], NONE), np.full(rows.shape[0], -np.inf)
    filled = np.flatnonzero(np.diff(rows.indptr))
    if len(filled):
        starts = rows.indptr[filled]
        maxima[filled] = np.maximum.reduceat(rows.data, starts)
        is_maximum = rows.data == np.repeat(maxima, np.diff(rows.indptr))
        candidates = np.where(is_maximum, rows.indices, rows.shape[1])
        columns[filled] = np.minimum.reduceat(candidates, starts)
    return columns, maxima
