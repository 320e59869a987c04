"""Clusters of questions that mean the same, in bounded memory, each labelled by a typical one.

The most frequent texts are compared all with all and joined by average linkage. Each other text is
assigned to the cluster with the most similar centroid. Texts that no cluster is similar to go
through the same steps again, a limited number of times.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.linalg import norm

from tg_pipeline.questions.vectors import NONE, Floats, Integers, TextVectors, UniqueTexts

MIN_SIMILARITY: Final = 0.25
"""The mean cosine at which two clusters are joined. Decision 4 says how it was chosen."""

MIN_WORD_SIMILARITY: Final = 0.15
"""The cosine of a word and a cluster below which the word does not count: a coincidence."""

MAX_LINKED: Final = 4_096
"""Texts compared all with all: their distances take 64 MiB, and twice as much for a while."""

ROUNDS: Final = 4
"""How often so many texts are linked; texts that are not in a cluster after that stay alone."""

COMPARED_ROWS: Final = 256
"""Texts compared with all others at a time."""

ASSIGNED_ROWS: Final = 2_048
"""Texts, or words, compared with all centroids at a time."""

SIMILARITY_DECIMALS: Final = 5
"""Digits of a cosine that single precision computes reliably."""

MAX_LABEL_CHARACTERS: Final = 200
"""The limit of a label, which has to fit in a table or on a chart."""


@dataclass(frozen=True, slots=True)
class TextClusters:
    """The cluster of each unique text, from 0, or NONE; and the medoid of each cluster."""

    of_texts: Integers
    medoids: Integers


@dataclass(frozen=True, slots=True)
class QuestionClusters:
    """The cluster of each question, NONE if it is alone; and whether it is worded as the medoid."""

    clusters: Integers
    is_medoid: npt.NDArray[np.bool_]


def label_clusters(questions: pa.Table) -> pa.Table:
    """Return the detected questions with their group and topic in place of `question`."""
    texts = questions["question"].dictionary_encode().combine_chunks()
    questions = questions.drop_columns("question")
    ranked = rank_clusters(questions["bot_id"].combine_chunks(), texts)
    groups = pa.array(ranked.clusters)
    is_candidate = pa.array(ranked.is_medoid & (ranked.clusters != NONE))
    labels = _labels(groups.filter(is_candidate), questions["text"].filter(is_candidate))
    positions = np.where(ranked.clusters == NONE, len(labels), ranked.clusters)
    names = pa.concat_arrays([labels, pa.nulls(1, pa.string())]).take(pa.array(positions))
    columns = {"group_id": groups, "group_name": names, "topic_id": groups, "topic_name": names}
    for name, column in columns.items():
        questions = questions.append_column(name, column)
    return questions


def rank_clusters(bot_ids: pa.Array, texts: pa.DictionaryArray) -> QuestionClusters:
    """Return clusters per bot, numbered by size, then by the first question, from 0."""
    clusters = np.full(len(texts), NONE)
    is_medoid = np.zeros(len(texts), np.bool_)
    for rows in _rows_per_bot(bot_ids):
        found = _cluster_questions(texts.dictionary, texts.indices.to_numpy()[rows])
        offset = int(clusters.max()) + 1
        clusters[rows] = np.where(found.clusters == NONE, NONE, found.clusters + offset)
        is_medoid[rows] = found.is_medoid
    return QuestionClusters(_number_by_size(clusters), is_medoid)


def cluster_texts(texts: UniqueTexts) -> TextClusters:
    """Link the most frequent texts, assign the others, and repeat with the remaining ones."""
    clusters = np.full(len(texts.counts), NONE)
    remaining, medoids = np.arange(len(clusters)), np.empty(0, np.int64)
    vectors = TextVectors.of(texts) if len(remaining) else None
    for _ in range(ROUNDS):
        chosen, remaining = remaining[:MAX_LINKED], remaining[MAX_LINKED:]
        if vectors is None or not len(chosen):
            break
        normalized = vectors.normalized(chosen)
        linked = link(normalized)
        assigned = assign_to_clusters(vectors, remaining, centroids(normalized, linked))
        clusters[chosen] = linked + len(medoids)
        clusters[remaining] = np.where(assigned == NONE, NONE, assigned + len(medoids))
        medoids = np.append(medoids, chosen[find_medoids(normalized, linked, texts.counts[chosen])])
        remaining = remaining[assigned == NONE]
    return TextClusters(clusters, medoids)


def link(vectors: sparse.csr_array) -> Integers:
    """Return the cluster of each row, from 0, by average linkage.

    Memory grows with the square of the number of rows.
    """
    if vectors.shape[0] == 1:
        return np.zeros(1, np.int64)
    tree = linkage(_distances(vectors), "average")
    clusters: Integers = fcluster(tree, 1 - MIN_SIMILARITY, "distance").astype(np.int64)
    return clusters - 1


def centroids(vectors: sparse.csr_array, clusters: Integers) -> sparse.csr_array:
    """Return the mean of each cluster: its cosine is the mean of the cosines with its members."""
    shares = (1 / np.bincount(clusters))[clusters].astype(np.float32)
    return sparse.csr_array((shares, (clusters, np.arange(len(clusters))))) @ vectors


def assign_to_clusters(vectors: TextVectors, rows: Integers, centers: sparse.csr_array) -> Integers:
    """Return the most similar cluster of each of some texts; NONE if no cluster is similar."""
    assigned = np.full(len(rows), NONE)
    similarities = _word_similarities(vectors.words, centers)
    for start in range(0, len(rows), ASSIGNED_ROWS):
        some = rows[start : start + ASSIGNED_ROWS]
        clusters, products = _row_maxima(vectors.contains[some] @ similarities)
        is_similar = products >= MIN_SIMILARITY * vectors.lengths[some]
        assigned[start : start + ASSIGNED_ROWS] = np.where(is_similar, clusters, NONE)
    return assigned


def find_medoids(vectors: sparse.csr_array, clusters: Integers, counts: Integers) -> Integers:
    """Return the row of each cluster most similar to all its questions; the first one on ties.

    Similarities are rounded, so that the order in which floats are added decides no tie.
    """
    rows = np.arange(len(clusters))
    shares = (counts / np.bincount(clusters, counts)[clusters]).astype(np.float32)
    means = sparse.csr_array((shares, (clusters, rows))) @ vectors
    transposed, similarity = means.T.tocsr(), np.empty(len(clusters), np.float32)
    for start in range(0, len(clusters), COMPARED_ROWS):
        some = slice(start, start + COMPARED_ROWS)
        products = (vectors[some] @ transposed).toarray()
        similarity[some] = products[np.arange(len(products)), clusters[some]]
    order = np.lexsort((rows, -similarity.round(SIMILARITY_DECIMALS), clusters))
    return order[np.unique(clusters[order], return_index=True)[1]]


def _distances(vectors: sparse.csr_array) -> npt.NDArray[np.float64]:
    """Return the cosine distances in scipy's condensed form: the upper triangle, row by row."""
    count = vectors.shape[0]
    distances = np.empty(count * (count - 1) // 2)
    transposed, position = vectors.T.tocsr(), 0
    for start in range(0, count, COMPARED_ROWS):
        cosines = (vectors[start : start + COMPARED_ROWS] @ transposed).toarray()
        for number, row in enumerate(cosines, start + 1):
            later = row[number:]
            distances[position : position + len(later)] = 1 - later
            position += len(later)
    return np.clip(distances, 0, 1, out=distances)


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


def _row_maxima(rows: sparse.csr_array) -> tuple[Integers, Floats]:
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


def _rows_per_bot(bot_ids: pa.Array) -> Iterator[Integers]:
    _, bots = np.unique(bot_ids.fill_null(0), return_inverse=True)
    order = np.argsort(bots, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(bots[order])) + 1)


def _cluster_questions(texts: pa.Array, text_of_rows: Integers) -> QuestionClusters:
    used, text_of_rows, counts = np.unique(text_of_rows, return_inverse=True, return_counts=True)
    unique = UniqueTexts.of(texts.take(pa.array(used)), counts)
    found = cluster_texts(unique)
    unique_of_rows = unique.of_texts[text_of_rows]
    # The appended element is the one that the index NONE selects.
    clusters = np.append(found.of_texts, NONE)[unique_of_rows]
    medoids = np.append(found.medoids, NONE)[clusters]
    return QuestionClusters(clusters, (clusters != NONE) & (medoids == unique_of_rows))


def _number_by_size(clusters: Integers) -> Integers:
    """Return the clusters numbered by size, then by their first question; NONE for single ones."""
    count = int(clusters.max()) + 1
    sizes = np.bincount(clusters[clusters != NONE], minlength=count)
    # The last element, which the index NONE selects, is for questions in no cluster.
    first = np.full(count + 1, len(clusters))
    np.minimum.at(first, clusters, np.arange(len(clusters)))
    order = np.lexsort((first[:count], -sizes))
    numbers = np.full(count + 1, NONE)
    numbers[order] = np.where(sizes[order] > 1, np.arange(count), NONE)
    return numbers[clusters]


def _labels(groups: pa.Array, texts: pa.ChunkedArray) -> pa.Array:
    """Return the shortest text of each group, from 0; if there are several, the most frequent."""
    tidy = pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"[\p{C}\s]+", " "))
    tidy = pc.utf8_slice_codeunits(tidy, 0, MAX_LABEL_CHARACTERS)
    labels = pa.table({"group": groups, "name": tidy}).group_by(["group", "name"])
    counted = labels.aggregate([([], "count_all")])
    counted = counted.append_column("length", pc.utf8_length(counted["name"]))
    order = [("group", "ascending"), ("length", "ascending"), ("count_all", "descending")]
    counted = counted.sort_by([*order, ("name", "ascending")])
    _, first = np.unique(counted["group"], return_index=True)
    return counted["name"].combine_chunks().take(pa.array(first))
